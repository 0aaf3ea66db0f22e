/* consent.c - events of consent in the archive, and the state they make.
 *
 * Source: Art. 7, 8, 21 GDPR; compliance 4.1 to 4.3. */
#include "consent.h"

#include "decide.h"
#include "store/family.h"
#include "outbox.h"
#include "postern/caldate.h"
#include "rates.h"
#include "withdrawallog.h"

/* Newest first: what is older than the newest that says something cannot
 * change the state any more. */
static const char events_sql[] =
    PERSON_FAMILY "SELECT kind,at_ms,until_ms,by_whom,id FROM consent_event"
		  " WHERE person IN (SELECT id FROM family)"
		  " AND purpose IN (?,?,?) AND channel IN ('',?)"
		  " AND at_ms<=? ORDER BY at_ms DESC,id DESC";
static const char all_sql[] =
    PERSON_FAMILY "SELECT DISTINCT purpose,channel FROM consent_event WHERE"
		  " person IN (SELECT id FROM family) ORDER BY purpose,channel";
/* Who wants to be erased, and showed who they are, consents no more, however
 * long somebody takes to decide the rest. */
static const char paused_sql[] =
    PERSON_FAMILY "SELECT 1 FROM review WHERE state='open' AND"
		  " kind='withdrawal' AND person IN (SELECT id FROM family)"
		  " UNION ALL SELECT 1 FROM request WHERE type='erasure' AND"
		  " state IN ('verified','in_progress','extended','decided',"
		  "'executing') AND person IN (SELECT id FROM family) LIMIT 1";
static const char minor_sql[] =
    PERSON_FAMILY "SELECT 1 FROM person WHERE minor<>0 AND id IN"
		  " (SELECT id FROM family) LIMIT 1";
static const char questions_sql[] =
    PERSON_FAMILY "SELECT id,at_ms,prompt,purpose,wording,language"
		  " FROM consent_event WHERE person IN"
		  " (SELECT id FROM family) AND kind='requested'"
		  " AND channel=? AND until_ms>?"
		  " ORDER BY at_ms DESC,id DESC LIMIT 8";
static const char latest_sql[] =
    PERSON_FAMILY "SELECT max(at_ms) FROM consent_event WHERE person IN"
		  " (SELECT id FROM family)";
static const char add_sql[] =
    "INSERT INTO consent_event(id,person,purpose,kind,source,at_ms,channel,"
    "by_whom,method,wording,language,until_ms,prompt,answer,key_person,year,"
    "evidence_sealed,policy) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
static const char told_sql[] =
    PERSON_FAMILY "SELECT max(id) FROM conversation WHERE person IN"
		  " (SELECT id FROM family) AND helpdesk IS NOT NULL"
		  " AND ? IN ('',channel) GROUP BY helpdesk";
#define HELD_OF                                                    \
	"kind='helpdesk' AND state='held' AND conversation IN"     \
	" (SELECT id FROM conversation WHERE channel=? AND person" \
	" IN (SELECT id FROM family))"
static const char unhold_sql[] =
    PERSON_FAMILY "UPDATE message SET outcome=? WHERE id IN"
		  " (SELECT message FROM outbox WHERE " HELD_OF ")";
static const char release_sql[] =
    PERSON_FAMILY "UPDATE outbox SET state='waiting',next_ms=? WHERE " HELD_OF;

#define TOLD_MAX 8

/* --- reading -------------------------------------------------------------- */

/* Is the row the one that decides?  Then *ret is what it says at at_ms. */
static int row_decides(struct worker *w, struct store_rows *rows, int64_t at_ms,
		       bool minor, struct consent_view *ret, bool *ret_decides,
		       struct err *err)
{
	struct store_value until = store_column(w->store, rows, 2);
	char kind[16], by[16];

	if (!store_word(store_column(w->store, rows, 0), kind, sizeof(kind)) ||
	    !store_word(store_column(w->store, rows, 3), by, sizeof(by)))
		return ERR_SET(err, ERR_CORRUPT, "words of a consent event", 0);
	*ret_decides = consent_state_of_event(kind, &ret->state);
	if (!*ret_decides)
		return 0;
	ret->since_ms = store_column(w->store, rows, 1).num;
	ret->id = store_column(w->store, rows, 4).num;
	ret->until_ms = until.type == STORE_INT ? until.num : 0;
	if (!consent_is_valid(ret->state))
		return 0;
	ret->minor = minor && strcmp(by, "guardian") != 0;
	if (ret->until_ms != 0 && at_ms >= ret->until_ms)
		ret->state = CONSENT_EXPIRED;
	else if (ret->minor)
		ret->state = CONSENT_UNKNOWN; /* Art. 8 GDPR */
	return 0;
}

static int newest(struct worker *w, const struct consent_of *of,
		  const char *marketing, int64_t at_ms, bool minor,
		  struct consent_view *ret, struct err *err)
{
	int64_t up_to_ms = at_ms == CONSENT_NOW ? INT64_MAX : at_ms;
	struct store_rows *rows = NULL;
	bool decides = false;
	int rc = 0;

	if (at_ms == CONSENT_NOW)
		at_ms = worker_now(w);
	if (store_start(w->store, events_sql,
			STORE_ARGS(S_INT(of->person), S_TEXT(of->purpose.text),
				   S_TEXT(CONSENT_EVERY_PURPOSE),
				   S_TEXT(marketing), S_TEXT(of->channel.text),
				   S_INT(up_to_ms)),
			&rows, err) != 0)
		return -1;
	while (!decides && (rc = store_step(w->store, rows, err)) > 0)
		if (row_decides(w, rows, at_ms, minor, ret, &decides, err) !=
		    0) {
			rc = -1;
			break;
		}
	store_finish(w->store, &rows);
	return decides ? 0 : rc;
}

static int has_row(struct worker *w, const char *sql, int64_t person, bool *ret,
		   struct err *err)
{
	int64_t one;

	return store_one_int(w->store, sql, STORE_ARGS(S_INT(person)), &one,
			     ret, err);
}

int64_t consent_ended_ms(const struct consent_view *view)
{
	switch (view->state) {
	case CONSENT_EXPIRED:
		return view->until_ms != 0 ? view->until_ms : view->since_ms;
	case CONSENT_REFUSED:
	case CONSENT_WITHDRAWN:
	case CONSENT_REVOKED:
	case CONSENT_INVALIDATED:
		return view->since_ms;
	default:
		return 0;
	}
}

int consent_view_of(struct worker *w, const struct consent_of *of,
		    int64_t at_ms, struct consent_view *ret, struct err *err)
{
	struct policy_purpose purpose = {0};
	const char *marketing = of->purpose.text;
	bool minor = false, paused = false;

	*ret = (struct consent_view){.state = CONSENT_UNKNOWN};
	if (policy_purpose_of(w->policy, &of->purpose, &of->channel,
			      &purpose) &&
	    purpose.marketing)
		marketing = CONSENT_MARKETING;
	if (has_row(w, minor_sql, of->person, &minor, err) != 0)
		return -1;
	ret->minor = minor;
	if (newest(w, of, marketing, at_ms, minor, ret, err) != 0)
		return -1;
	if (!purpose.marketing || !consent_is_valid(ret->state))
		return 0;
	if (has_row(w, paused_sql, of->person, &paused, err) != 0)
		return -1;
	if (paused)
		ret->state = CONSENT_REQUEST_DEFERRED;
	return 0;
}

int consent_state_of(struct worker *w, const struct consent_of *of,
		     int64_t at_ms, enum consent_state *ret, struct err *err)
{
	struct consent_view view;

	if (consent_view_of(w, of, at_ms, &view, err) != 0)
		return -1;
	*ret = view.state;
	return 0;
}

int consent_all_of(struct worker *w, int64_t person, struct consent_of *ret,
		   size_t max, size_t *ret_len, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc = 0;

	*ret_len = 0;
	if (store_start(w->store, all_sql, STORE_ARGS(S_INT(person)), &rows,
			err) != 0)
		return -1;
	while (*ret_len < max && (rc = store_step(w->store, rows, err)) > 0) {
		struct store_value p = store_column(w->store, rows, 0);
		struct store_value c = store_column(w->store, rows, 1);
		struct consent_of *of = &ret[*ret_len];

		*of = (struct consent_of){.person = person};
		if (name_set(&of->purpose, p.bytes, p.len) &&
		    (c.len == 0 || name_set(&of->channel, c.bytes, c.len)))
			++*ret_len;
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

/* --- of a send ------------------------------------------------------------ */

static bool purpose_name(const struct worker *w, const struct name *channel,
			 const char *purpose, struct name *ret)
{
	const struct name *own = policy_purpose(w->policy, channel);

	if (purpose != NULL)
		return name_set(ret, purpose, strlen(purpose));
	if (own != NULL)
		*ret = *own;
	return own != NULL;
}

bool consent_is_marketing(const struct worker *w, const struct name *channel,
			  const char *purpose)
{
	struct policy_purpose found;
	struct name name;

	return purpose_name(w, channel, purpose, &name) &&
	       policy_purpose_of(w->policy, &name, channel, &found) &&
	       found.marketing;
}

int consent_of_send(struct worker *w, int64_t person,
		    const struct name *channel, const char *purpose,
		    struct consent_view *ret, struct err *err)
{
	struct consent_of of = {.person = person, .channel = *channel};

	*ret = (struct consent_view){.state = CONSENT_UNKNOWN};
	if (!purpose_name(w, channel, purpose, &of.purpose))
		return 0; /* the policy refuses what it does not know */
	return consent_view_of(w, &of, CONSENT_NOW, ret, err);
}

/* The codes of the policy are the words of the log. */
enum ledger_reason consent_blocks(const struct policy_decision *d)
{
	static const enum ledger_reason codes[] = {
	    LEDGER_R_CONSENT_MISSING, LEDGER_R_CONSENT_WITHDRAWN,
	    LEDGER_R_CONSENT_EXPIRED, LEDGER_R_CONSENT_SUPPRESSED,
	    LEDGER_R_CONSENT_MINOR,   LEDGER_R_OBJECTION};

	for (size_t i = 0; i < d->reasons_len; i++)
		for (size_t k = 0; k < sizeof(codes) / sizeof(codes[0]); k++)
			if (strcmp(d->reasons[i].code,
				   ledger_reason_name(codes[k])) == 0)
				return codes[k];
	return LEDGER_R_NONE;
}

enum ledger_reason consent_refusal(const struct policy_facts *facts,
				   const struct policy_decision *d)
{
	const enum ledger_reason consent = consent_blocks(d);

	if (d->window_closed)
		return LEDGER_R_WINDOW_CLOSED;
	if (facts->mechanism == MECHANISM_INVALID)
		return LEDGER_R_MECHANISM_INVALID;
	if (consent != LEDGER_R_NONE)
		return consent;
	return facts->restricted ? LEDGER_R_PERSON_RESTRICTED : LEDGER_R_POLICY;
}

/* --- questions ------------------------------------------------------------ */

static bool question_read(struct worker *w, struct store_rows *rows,
			  struct consent_question *ret)
{
	struct store_value wording = store_column(w->store, rows, 4);
	struct store_value purpose = store_column(w->store, rows, 3);

	*ret = (struct consent_question){
	    .id = store_column(w->store, rows, 0).num,
	    .at_ms = store_column(w->store, rows, 1).num,
	    .prompt = store_column(w->store, rows, 2).num,
	};
	ret->has_wording = wording.len == sizeof(ret->wording);
	if (ret->has_wording)
		memcpy(ret->wording, wording.bytes, wording.len);
	return name_set(&ret->purpose, purpose.bytes, purpose.len) &&
	       store_word(store_column(w->store, rows, 5), ret->language,
			  sizeof(ret->language));
}

#define QUESTIONS_MAX 8

int consent_pending(struct worker *w, int64_t person,
		    const struct name *channel, int64_t at_ms,
		    struct consent_question *ret, struct err *err)
{
	struct consent_of of = {.person = person, .channel = *channel};
	struct consent_question all[QUESTIONS_MAX];
	struct consent_view view;
	struct store_rows *rows = NULL;
	size_t len = 0;
	int rc = 0;

	*ret = (struct consent_question){0};
	if (store_start(
		w->store, questions_sql,
		STORE_ARGS(S_INT(person), S_TEXT(channel->text), S_INT(at_ms)),
		&rows, err) != 0)
		return -1;
	while (len < QUESTIONS_MAX &&
	       (rc = store_step(w->store, rows, err)) > 0)
		len += question_read(w, rows, &all[len]);
	store_finish(w->store, &rows);
	for (size_t i = 0; i < len && rc >= 0 && ret->id == 0; i++) {
		of.purpose = all[i].purpose;
		if (consent_view_of(w, &of, CONSENT_NOW, &view, err) != 0)
			return -1;
		/* Answered or overtaken meanwhile? */
		if (view.id == all[i].id)
			*ret = all[i];
	}
	return rc < 0 ? -1 : 0;
}

/* --- writing -------------------------------------------------------------- */

static struct store_value or_null(int64_t value)
{
	return value != 0 ? S_INT(value) : S_NULL;
}

int consent_add(struct worker *w, const struct consent_entry *e,
		struct err *err)
{
	int64_t id = e->id != 0 ? e->id : worker_id(w);
	bool sealed = e->evidence != NULL;

	if (withdrawal_log_event(w, e, id, err) != 0 ||
	    consent_prove(w, e, id, err) != 0)
		return -1;
	return store_run(
	    w->store, add_sql,
	    STORE_ARGS(S_INT(id), S_INT(e->of.person),
		       S_TEXT(e->of.purpose.text), S_TEXT(e->kind),
		       S_TEXT(e->source != NULL ? e->source : e->method),
		       S_INT(e->at_ms), S_TEXT(e->of.channel.text),
		       S_TEXT(e->by), S_TEXT(e->method),
		       e->wording != NULL ? S_BLOB(e->wording, 32) : S_NULL,
		       S_TEXT(e->language), or_null(e->until_ms),
		       or_null(e->prompt), or_null(e->answer),
		       or_null(e->key_person), or_null(e->year),
		       sealed ? S_BLOB(e->evidence, e->evidence_len) : S_NULL,
		       S_INT(decide_policy_number(w))),
	    err);
}

int64_t consent_until(const struct worker *w, const struct consent_of *of,
		      int64_t at_ms)
{
	struct policy_purpose purpose;
	int64_t last;

	if (!policy_purpose_of(w->policy, &of->purpose, &of->channel,
			       &purpose) ||
	    !purpose.has_valid ||
	    !caldate_add(caldate_local(w->zone, at_ms), &purpose.valid, &last))
		return 0;
	return caldate_begins_ms(w->zone, last + 1);
}

int64_t consent_after(const struct worker *w, const struct period *period,
		      int64_t at_ms)
{
	int64_t day = caldate_local(w->zone, at_ms), last;

	if (!caldate_add(day, period, &last))
		last = CALDATE_MAX;
	return at_ms + (last - day) * DAY_MS;
}

/* Not before what is known of the person: a clock that was set back must not
 * put a withdrawal behind what it ends. */
static int not_before(struct worker *w, int64_t person, int64_t *at_ms,
		      struct err *err)
{
	int64_t latest = 0;
	bool found = false;

	if (store_one_int(w->store, latest_sql, STORE_ARGS(S_INT(person)),
			  &latest, &found, err) != 0)
		return -1;
	if (found && latest > *at_ms)
		*at_ms = latest;
	return 0;
}

/* A word and the purpose it is about, as the outbox keeps them. */
#define TOLD_BYTES (16 + 1 + NAME_LEN_MAX + 1)

int consent_tell(struct worker *w, const struct consent_of *of,
		 const char *kind, struct err *err)
{
	char detail[TOLD_BYTES];
	int64_t conversations[TOLD_MAX];
	struct store_rows *rows = NULL;
	size_t len = 0;
	int rc = 0;

	(void)snprintf(detail, sizeof(detail), "%s" OUTBOX_PART "%s", kind,
		       of->purpose.text);
	if (store_start(w->store, told_sql,
			STORE_ARGS(S_INT(of->person), S_TEXT(of->channel.text)),
			&rows, err) != 0)
		return -1;
	while (len < TOLD_MAX && (rc = store_step(w->store, rows, err)) > 0)
		conversations[len++] = store_column(w->store, rows, 0).num;
	store_finish(w->store, &rows);
	for (size_t i = 0; i < len && rc >= 0; i++)
		if (outbox_tell(w, conversations[i], 0, "consent.changed",
				detail, err) != 0)
			return -1;
	return rc < 0 ? -1 : 0;
}

static int withdraw_one(struct worker *w, struct consent_entry *entry,
			struct err *err)
{
	enum consent_state state;

	if (consent_state_of(w, &entry->of, CONSENT_NOW, &state, err) != 0)
		return -1;
	if (state == CONSENT_WITHDRAWN)
		return 0;
	if (consent_add(w, entry, err) != 0)
		return -1;
	return consent_tell(w, &entry->of, entry->kind, err);
}

int consent_withdraw_marketing(struct worker *w, const struct consent_stop *s,
			       struct err *err)
{
	struct consent_entry entry = {
	    .of = {.person = s->person, .channel = s->channel},
	    .kind = "withdrawn",
	    .source = s->source,
	    .by = s->by,
	    .method = s->method,
	    .at_ms = s->at_ms,
	    .answer = s->answer,
	};
	struct policy_purpose purpose;
	bool any = false;

	if (rates_opted_out(w, s->person, &s->channel, err) != 0 ||
	    not_before(w, s->person, &entry.at_ms, err) != 0)
		return -1;
	for (size_t i = 0;
	     policy_purpose_at(w->policy, i, &s->channel, &purpose); i++) {
		if (!purpose.marketing)
			continue;
		any = true;
		entry.of.purpose = purpose.name;
		if (withdraw_one(w, &entry, err) != 0)
			return -1;
	}
	if (any)
		return 0;
	/* Nothing to stop today; a later policy has to know. */
	(void)name_set(&entry.of.purpose, CONSENT_MARKETING,
		       strlen(CONSENT_MARKETING)); /* a constant */
	return withdraw_one(w, &entry, err);
}

int consent_release(struct worker *w, const struct consent_of *of,
		    struct err *err)
{
	struct policy_channel channel;

	if (!policy_channel_of(w->policy, &of->channel, &channel) ||
	    !name_equal(&channel.asks, &of->purpose))
		return 0;
	if (store_run(w->store, unhold_sql,
		      STORE_ARGS(S_INT(of->person), S_INT(MSG_FORWARDED),
				 S_TEXT(of->channel.text)),
		      err) != 0 ||
	    store_run(w->store, release_sql,
		      STORE_ARGS(S_INT(of->person), S_INT(worker_now(w)),
				 S_TEXT(of->channel.text)),
		      err) != 0)
		return -1;
	for (size_t i = 0; i < w->settings->helpdesks_len; i++)
		deliver_wake(w, w->settings->helpdesks[i].name.text);
	return 0;
}
