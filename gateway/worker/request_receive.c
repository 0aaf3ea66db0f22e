/* request_receive.c - see request_receive.h. */
#include "request_receive.h"

#include "decide.h"
#include "prove.h"

#define CODE_HALF 4
#define TEXT_MAX  48 /* of a code and a word before it */

static const char request_sql[] =
    "INSERT INTO request(id,type,state,person,channel,conversation,language,"
    "received_ms,via,year) VALUES(?,?,'received',?,?,?,(SELECT language FROM"
    " conversation WHERE id=?),?,'chat',?)";
static const char waits_sql[] =
    "SELECT max(id) FROM request WHERE conversation=? AND ended_ms IS NULL AND"
    " state='identity_pending' AND proof_hash IS NOT NULL";
static const char open_sql[] =
    "SELECT max(id) FROM request WHERE conversation=? AND state IN ('received',"
    "'identity_pending','verified','in_progress','extended')";
static const char heard_sql[] =
    "UPDATE request SET heard=?,next_ms=0 WHERE id=?";

int request_asked(struct batch *b, const struct step *s,
		  enum ledger_reason type, int64_t at_ms, struct err *err)
{
	const char *word = ledger_reason_name(type);
	const struct act_fact facts[] = {
	    {"at", NULL, at_ms},
	    {"channel", s->item->channel.text, 0},
	    {"type", word, 0},
	};
	const struct act act = {
	    .event = LEDGER_REQUEST_OPENED,
	    .reason = type,
	    .by = LEDGER_SUBJECT,
	    .kind = ID_REQUEST,
	    .object = worker_id(b->w),
	    .person = s->person,
	    .facts = facts,
	    .facts_len = sizeof(facts) / sizeof(facts[0]),
	};

	b->w->rights.asked = true;
	if (prove(b->w, &act, err) != 0)
		return -1;
	return store_run(
	    b->w->store, request_sql,
	    STORE_ARGS(S_INT(act.object), S_TEXT(word), S_INT(s->person),
		       S_TEXT(s->item->channel.text), S_INT(s->conversation),
		       S_INT(s->conversation), S_INT(at_ms),
		       S_INT(env_year(at_ms))),
	    err);
}

/* --- the answer ----------------------------------------------------------- */

static bool is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

static size_t letters_before(const char *text, size_t end)
{
	size_t len = 0;

	while (len < end && is_letter(text[end - len - 1]))
		len++;
	return len;
}

/* "loeschen kwrt-mpxn", "kwrt mpxn", "kwrtmpxn": eight letters at the end, no
 * vowel among them, so that no ordinary word is one. */
static bool looks_like_code(const char *text, size_t len)
{
	size_t half = letters_before(text, len), from = len - half;

	if (len > TEXT_MAX)
		return false;
	if (half == CODE_HALF && from > CODE_HALF &&
	    (text[from - 1] == '-' || text[from - 1] == ' ')) {
		if (letters_before(text, from - 1) != CODE_HALF)
			return false;
		from -= CODE_HALF + 1;
	} else if (half != 2 * CODE_HALF) {
		return false;
	}
	for (size_t i = from; i < len; i++)
		if (strchr("aeiouy", text[i]) != NULL)
			return false;
	return true;
}

bool request_takes_back(const char *normal, size_t len)
{
	static const char *const words[] = {
	    "zurueckziehen",
	    "zuruecknehmen",
	    "antrag zurueckziehen",
	    "antrag zuruecknehmen",
	    "anliegen zurueckziehen",
	    "anliegen zuruecknehmen",
	    "withdraw",
	    "withdraw request",
	    "withdraw my request",
	    "cancel request",
	    "cancel my request",
	    "take back my request",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == len &&
		    memcmp(words[i], normal, len) == 0)
			return true;
	return false;
}

int request_answered(struct batch *b, const struct step *s, bool *ret,
		     struct err *err)
{
	const char *text = (const char *)b->normal.bytes;
	int64_t request = 0;
	bool back;

	*ret = false;
	if (!decide_speaks(s) || b->normal.len == 0)
		return 0;
	back = request_takes_back(text, b->normal.len);
	if (!back && !looks_like_code(text, b->normal.len))
		return 0;
	if (store_one_int(b->w->store, back ? open_sql : waits_sql,
			  STORE_ARGS(S_INT(s->conversation)), &request, ret,
			  err) != 0)
		return -1;
	if (!*ret)
		return 0;
	b->w->rights.asked = true;
	return store_run(b->w->store, heard_sql,
			 STORE_ARGS(S_INT(s->message), S_INT(request)), err);
}
