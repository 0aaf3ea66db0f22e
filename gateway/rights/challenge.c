/* challenge.c - proof by the channel: who can read the chat and answer in it
 * is who writes there (Art. 12(6) GDPR).
 *
 * A stranger's request gets a hash of its own too, which nothing fits. */
#include "machine.h"

#include <sodium.h>
#include <string.h>

#include "postern/keyword.h"
#include "worker/inbound.h"
#include "worker/request_receive.h"

#define BACK_MAX 200 /* of a message that takes a request back */

/* No vowels, so that no word comes out, and nothing two people read
 * differently. */
static const char alphabet[] = "BCDFGHJKMNPQRSTVWXZ";
#define ALPHABET_LEN (sizeof(alphabet) - 1)

static const char asked_sql[] =
    "UPDATE request SET proof_hash=?,proof_until_ms=?,asked_day=? WHERE id=?";
#define CODES_A_DAY 5 /* to one person, for what was asked at the portal */

static const char before_sql[] =
    "SELECT count(*) FROM request WHERE person=? AND id<? AND received_ms>?"
    " AND via='portal'";
static const char heard_sql[] =
    "SELECT key_person,datenart,year,content_sealed FROM message WHERE id=?";
static const char listened_sql[] = "UPDATE request SET heard=NULL WHERE id=?";

/* --- codes ---------------------------------------------------------------- */

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

bool code_of(const char *text, char ret[CODE_LETTERS + 1])
{
	size_t len = strlen(text), got = 0;

	memset(ret, 0, CODE_LETTERS + 1);
	for (size_t i = len; i-- > 0 && got < CODE_LETTERS;) {
		char c = upper(text[i]);

		if (c >= 'A' && c <= 'Z')
			ret[CODE_LETTERS - ++got] = c;
	}
	return got == CODE_LETTERS;
}

static void code_make(struct worker *w, char ret[CODE_LETTERS + 1])
{
	for (size_t i = 0; i < CODE_LETTERS;) {
		uint8_t byte;

		w->env->random(w->env, &byte, 1);
		/* What would make one letter likelier is drawn again. */
		if (byte < 256 / ALPHABET_LEN * ALPHABET_LEN)
			ret[i++] = alphabet[byte % ALPHABET_LEN];
	}
	ret[CODE_LETTERS] = '\0';
}

/* --- asking --------------------------------------------------------------- */

static int ask(struct worker *w, struct request *r, const char *code,
	       struct err *err)
{
	const int64_t today = request_today(w);
	uint8_t hash[32];

	if (rights_hash(w, "proof", r->is.id, code, hash, err) != 0)
		return -1;
	if (r->asked_day == 0)
		r->asked_day = today;
	r->proof_until_ms = caldate_begins_ms(
	    w->zone, today + w->settings->rights.proof_days + 1);
	memcpy(r->proof_hash, hash, sizeof(hash));
	r->has_proof = true;
	return store_run(w->store, asked_sql,
			 STORE_ARGS(S_BLOB(hash, sizeof(hash)),
				    S_INT(r->proof_until_ms),
				    S_INT(r->asked_day), S_INT(r->is.id)),
			 err);
}

/* Who asked somewhere else can confirm there. */
static void proof_link(const struct worker *w, const struct request *r,
		       const char *code, char ret[PAGE_BYTES])
{
	const bool german = request_tongue(r) == TONGUE_DE;
	char path[96], url[PAGE_BYTES];
	struct id_text id;

	ret[0] = '\0';
	if (r->is.via == RIGHTS_CHAT)
		return;
	id_format(&w->mask, ID_REQUEST, r->is.id, &id);
	(void)snprintf(path, sizeof(path), "/privacy/proof/%s.%s", id.text,
		       code);
	page_url(w, path, url);
	if (url[0] != '\0')
		(void)snprintf(ret, PAGE_BYTES, "%s %.*s",
			       german ? "Oder bestätigen Sie hier:"
				      : "Or confirm here:",
			       PAGE_BYTES - 40, url);
}

static int send_code(struct worker *w, struct request *r, const char *code,
		     struct err *err)
{
	const enum tongue tongue = request_tongue(r);
	struct letter_facts facts = {0};
	char text[64], link[PAGE_BYTES];
	int rc;

	(void)snprintf(text, sizeof(text), "%s %.4s-%.4s",
		       letter_order(r->is.type, tongue), code, code + 4);
	facts.code = text;
	facts.link = link;
	proof_link(w, r, code, link);
	rc = reply_remember(w, r, err);
	if (rc == 0)
		rc = letter_write_with(w, r, LETTER_CHALLENGE, &facts, err);
	sodium_memzero(text, sizeof(text));
	sodium_memzero(link, sizeof(link));
	return rc;
}

/* Anybody may type anybody's number into the portal: somebody's chat is not
 * filled by that.  Who asks there sees no difference, and the person can always
 * ask in the chat itself. */
static int has_enough(struct worker *w, const struct request *r, bool *ret,
		      struct err *err)
{
	int64_t n = 0;
	bool found;

	*ret = false;
	if (r->is.via != RIGHTS_PORTAL)
		return 0;
	if (store_one_int(w->store, before_sql,
			  STORE_ARGS(S_INT(r->is.person), S_INT(r->is.id),
				     S_INT(worker_now(w) - DAY_MS)),
			  &n, &found, err) != 0)
		return -1;
	*ret = n >= CODES_A_DAY;
	return 0;
}

int challenge(struct worker *w, struct request *r, struct err *err)
{
	char code[CODE_LETTERS + 1];
	bool found = false, enough = false;
	int rc;

	if (r->is.person != 0 && (has_enough(w, r, &enough, err) != 0 ||
				  reply_find(w, r, &found, err) != 0))
		return -1;
	found = found && !enough;
	code_make(w, code);
	rc = ask(w, r, code, err);
	if (rc == 0 && found)
		rc = send_code(w, r, code, err);
	sodium_memzero(code, sizeof(code));
	return rc;
}

/* --- the answer ----------------------------------------------------------- */

struct said {
	struct key_ref key;
	struct buf sealed;
	bool any;
};

static int read_message(struct worker *w, int64_t id, struct said *ret,
			struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value v;
	int rc;

	if (store_start(w->store, heard_sql, STORE_ARGS(S_INT(id)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc > 0) {
		ret->key.person = store_column(w->store, rows, 0).num;
		ret->key.year = (uint16_t)store_column(w->store, rows, 2).num;
		v = store_column(w->store, rows, 1);
		ret->any = name_set(&ret->key.datenart, v.bytes, v.len);
		v = store_column(w->store, rows, 3);
		ret->any = ret->any && v.len > 0;
		rc = buf_append(&ret->sealed, v.bytes, v.len, err);
	}
	store_finish(w->store, &rows);
	return rc;
}

static bool takes_back(const char *text)
{
	char normal[BACK_MAX + 1];
	const size_t len = strlen(text);

	return len <= BACK_MAX &&
	       request_takes_back(normal, keyword_normalise(text, len, normal));
}

struct heard {
	char code[CODE_LETTERS + 1];
	bool any; /* false: it is gone, or says nothing */
	bool back;
};

static int hear(struct worker *w, int64_t id, struct heard *ret,
		struct err *err)
{
	struct said said = {.sealed = BUF_INIT(8u * 1024 * 1024)};
	json_t *content = NULL;
	const char *text;
	int rc = -1;

	if (read_message(w, id, &said, err) != 0 ||
	    (said.any && opened_json(w, &said.key, id, FIELD_CONTENT,
				     &said.sealed, &content, err) != 0))
		goto out;
	text = json_string_value(json_object_get(content, "text"));
	ret->back = text != NULL && takes_back(text);
	ret->any = text != NULL && code_of(text, ret->code);
	rc = 0;
out:
	json_decref(content);
	buf_free(&said.sealed);
	return rc;
}

static int answer_wrong(struct worker *w, struct request *r,
			const char *refused, struct err *err)
{
	const bool over = strcmp(refused, "proof") != 0;

	if (strcmp(refused, "state") == 0)
		return 0;
	return letter_write(w, r, over ? LETTER_EXPIRED : LETTER_WRONG, err);
}

int challenge_heard(struct worker *w, struct request *r, struct err *err)
{
	struct heard heard = {0};
	const char *refused = NULL;
	int rc;

	if (hear(w, r->heard, &heard, err) != 0 ||
	    store_run(w->store, listened_sql, STORE_ARGS(S_INT(r->is.id)),
		      err) != 0)
		return -1;
	r->heard = 0;
	if (heard.back)
		return rights_withdraw(w, r->is.id, &refused, err);
	if (!heard.any)
		return 0;
	rc = rights_prove(w, r->is.id, heard.code, &refused, err);
	sodium_memzero(&heard, sizeof(heard));
	if (rc != 0 || refused == NULL)
		return rc;
	return answer_wrong(w, r, refused, err);
}
