/* fuzz_messages.c - messages come, change and go in any order, and then
 * somebody does something behind the back of the proof log: what the gateway
 * did is never accused, what was done to rows is found, and no bytes in a list,
 * an entry or ledger_gone do harm to who checks them. */
#include "fuzz_house.h"
#include "postern/ledger.h"
#include "postern/ledgerbatch.h"

#define T0	  INT64_C(1790000000000)
#define STEPS_MAX 48
#define KNOWN_MAX 64
#define CONTENT	  9

static struct store *st;

/* What the rows are. */
static struct {
	int64_t id[KNOWN_MAX];
	bool there[KNOWN_MAX], filled[KNOWN_MAX];
	size_t len;
} now, then;
static int64_t next;
static uint8_t fill;

static void run(const char *sql)
{
	MUST(store_run(st, sql, STORE_NO_ARGS, NULL) == 0);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	MUST(store_open("memory", "", &st, NULL) == 0);
	return 0;
}

static void clear(void)
{
	static const char *const sql[] = {
	    "DELETE FROM message", "DELETE FROM ledger_entry",
	    "DELETE FROM ledger_batch", "DELETE FROM ledger_gone"};

	for (size_t i = 0; i < sizeof(sql) / sizeof(sql[0]); i++)
		run(sql[i]);
	now.len = 0;
	next = 1;
	fill = 0;
}

/* --- what a worker does --------------------------------------------------- */

static void tell(enum ledger_fate fate, int64_t id, struct store_value sealed)
{
	const struct ledger_message m = {.fate = fate,
					 .id = id,
					 .sealed = sealed.bytes,
					 .len = sealed.len,
					 .at_ms = T0};

	MUST(ledger_batch_add(st, &m, NULL) == 0);
}

static void content(uint8_t ret[CONTENT])
{
	memset(ret, 0, CONTENT);
	ret[0] = fill++;
}

static void come(bool filled)
{
	static const char sql[] =
	    "INSERT INTO message(id,conversation,key_person,direction,kind,"
	    "state,datenart,year,received_ms,content_sealed,policy)"
	    " VALUES(?,1,1,'in','text','received','MSG',2026,0,?,0)";
	struct store_value sealed = S_NULL;
	uint8_t bytes[CONTENT];

	if (now.len == KNOWN_MAX)
		return;
	content(bytes);
	if (filled)
		sealed = S_BLOB(bytes, CONTENT);
	MUST(store_run(st, sql, STORE_ARGS(S_INT(next), sealed), NULL) == 0);
	tell(LEDGER_ARCHIVED, next, sealed);
	now.id[now.len] = next++;
	now.there[now.len] = true;
	now.filled[now.len++] = filled;
}

static void set_content(int64_t id, struct store_value sealed)
{
	static const char sql[] =
	    "UPDATE message SET content_sealed=? WHERE id=?";

	MUST(store_run(st, sql, STORE_ARGS(sealed, S_INT(id)), NULL) == 0);
}

static void remove_row(int64_t id)
{
	static const char sql[] = "DELETE FROM message WHERE id=?";

	MUST(store_run(st, sql, STORE_ARGS(S_INT(id)), NULL) == 0);
}

static void touch(size_t at, uint8_t how)
{
	uint8_t bytes[CONTENT];

	if (at >= now.len || !now.there[at])
		return;
	content(bytes);
	if (how % 3 == 0) {
		set_content(now.id[at], S_BLOB(bytes, CONTENT));
		tell(LEDGER_CHANGED, now.id[at], S_BLOB(bytes, CONTENT));
	} else if (how % 3 == 1) {
		set_content(now.id[at], S_NULL);
		tell(LEDGER_FORGOTTEN, now.id[at], S_NULL);
	} else {
		remove_row(now.id[at]);
		tell(LEDGER_REMOVED, now.id[at], S_NULL);
		now.there[at] = false;
	}
	now.filled[at] = how % 3 == 0;
}

static void end(bool keep)
{
	if (keep) {
		MUST(store_commit(st, NULL) == 0);
		then = now;
		return;
	}
	store_roll_back(st);
	now = then;
}

static void work(struct feed *f)
{
	then = now;
	MUST(store_begin(st, NULL) == 0);
	for (int i = 0; i < STEPS_MAX && f->left > 0; i++) {
		uint8_t what = feed_byte(f);

		switch (what % 8) {
		case 0:
		case 1:
		case 2:
			come(what % 8 != 0);
			break;
		case 3:
		case 4:
		case 5:
			touch(feed_byte(f) % KNOWN_MAX, what >> 3);
			break;
		case 6:
			end((what >> 3) % 4 != 0);
			MUST(store_begin(st, NULL) == 0);
			break;
		default:
			i = STEPS_MAX;
		}
	}
	end(true);
}

/* --- behind its back ------------------------------------------------------ */

static enum ledger_message_fault look(void)
{
	struct ledger_message_finding found;

	MUST(ledger_check_messages(st, NULL, NULL, &found, NULL) == 0);
	return found.fault;
}

/* true: it has to be found. */
static bool harm_row(size_t at, const struct feed *f)
{
	if (at >= now.len || !now.there[at])
		return false;
	if (f->left == 0) {
		remove_row(now.id[at]);
		return true;
	}
	set_content(now.id[at], S_BLOB(f->at, f->left));
	return f->left != CONTENT; /* else it may be the same */
}

static bool harm_list(uint8_t entry, const struct feed *f)
{
	static const char same_sql[] =
	    "SELECT messages=? FROM ledger_batch WHERE entry=?";
	static const char set_sql[] =
	    "UPDATE ledger_batch SET messages=? WHERE entry=?";
	const struct store_value list = S_BLOB(f->at, f->left);
	int64_t same = 0;
	bool found = false;

	MUST(store_one_int(st, same_sql, STORE_ARGS(list, S_INT(entry)), &same,
			   &found, NULL) == 0);
	MUST(store_run(st, set_sql, STORE_ARGS(list, S_INT(entry)), NULL) == 0);
	return found && same == 0;
}

/* Anything may come of these two. */
static bool harm_entry(uint8_t entry, const struct feed *f)
{
	static const char sql[] =
	    "INSERT INTO ledger_entry(id,body) VALUES(?,?) ON CONFLICT(id) DO"
	    " UPDATE SET body=excluded.body";

	MUST(store_run(st, sql,
		       STORE_ARGS(S_INT(entry), S_BLOB(f->at, f->left)),
		       NULL) == 0);
	return false;
}

static bool harm_gone(uint8_t entry, struct feed *f)
{
	static const char sql[] =
	    "INSERT INTO ledger_gone(message,entry) VALUES(?,?)"
	    " ON CONFLICT(message) DO UPDATE SET entry=excluded.entry";
	int64_t message = feed_byte(f);

	MUST(store_run(st, sql, STORE_ARGS(S_INT(message), S_INT(entry)),
		       NULL) == 0);
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = {data, size};
	bool wanted = false;
	uint8_t how, at;

	clear();
	work(&f);
	MUST(look() == LEDGER_MESSAGES_SOUND);
	if (f.left == 0)
		return 0;
	how = feed_byte(&f);
	at = feed_byte(&f);
	switch (how % 4) {
	case 0:
		wanted = harm_row(at % KNOWN_MAX, &f);
		break;
	case 1:
		wanted = harm_list(at, &f);
		break;
	case 2:
		wanted = harm_entry(at, &f);
		break;
	default:
		wanted = harm_gone(at, &f);
	}
	MUST(look() != LEDGER_MESSAGES_SOUND || !wanted);
	return 0;
}
