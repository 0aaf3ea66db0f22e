/* breach.c - what is done about a breach, and until when.
 *
 * Source: Art. 33, 34 GDPR; Regulation 1182/71; compliance 2.7, 9 B1, B2. */
#include "breach.h"

#include "postern/holidays.h"
#include "postern/jsonmem.h"
#include "worker/alarm.h"
#include "worker/prove.h"

static const char open_sql[] =
    "INSERT INTO breach(id,state,year,detected_ms,aware_ms,from_ms,to_ms,types,"
    "cause_kind,cause_object,figures,internal_ms,legal_ms,actor)"
    " VALUES(?,'open',?,?,?,?,?,?,?,?,?,?,?,?)";
static const char decide_sql[] =
    "UPDATE breach SET state='decided',risk=?,decision=?,exception=?,actor=?"
    " WHERE id=?";
static const char authority_sql[] =
    "UPDATE breach SET notified_ms=coalesce(notified_ms,?) WHERE id=?";
static const char subjects_sql[] =
    "UPDATE breach SET subjects_notified_ms=coalesce(subjects_notified_ms,?)"
    " WHERE id=?";
static const char phase_sql[] =
    "INSERT INTO breach_phase(breach,at_ms,what,actor) VALUES(?,?,?,?)"
    " ON CONFLICT DO NOTHING";
static const char close_sql[] =
    "UPDATE breach SET state='closed',closed_ms=? WHERE id=?";

static int tell(struct worker *w, const struct breach *b,
		enum ledger_event event, enum ledger_reason reason,
		struct err *err)
{
	const struct act act = {.event = event,
				.reason = reason,
				.by = LEDGER_STAFF,
				.kind = ID_BREACH,
				.object = b->id};

	return prove(w, &act, err);
}

static struct store_value or_null(int64_t v)
{
	return v != 0 ? S_INT(v) : S_NULL;
}

/* --- opened --------------------------------------------------------------- */

static int write_row(struct worker *w, const struct breach *b, int64_t actor,
		     struct err *err)
{
	struct buf figures = BUF_INIT(4096);
	json_t *v = json_object();
	int rc = -1;

	if (b->helpdesk.text[0] != '\0')
		(void)json_object_set_new(v, "helpdesk",
					  json_string(b->helpdesk.text));
	if (jsonmem_print(v, JSON_COMPACT, &figures, err) == 0 &&
	    buf_text(&figures) != NULL)
		rc = store_run(
		    w->store, open_sql,
		    STORE_ARGS(
			S_INT(b->id), S_INT(b->year), S_INT(b->detected_ms),
			S_INT(b->aware_ms), or_null(b->from_ms),
			or_null(b->to_ms), S_TEXT(b->types),
			S_TEXT(breach_cause_name(b->cause)), or_null(b->token),
			S_TEXT(buf_text(&figures)), S_INT(b->internal_ms),
			S_INT(b->legal_ms), S_INT(actor)),
		    err);
	json_decref(v);
	buf_free(&figures);
	return rc;
}

int breach_open(struct worker *w, struct breach *b, const json_t *texts,
		int64_t actor, struct err *err)
{
	const struct breach_clock clock =
	    breach_clock_of(b->aware_ms, (uint32_t)w->settings->breach.hours);

	b->id = worker_id(w);
	b->year = env_year(worker_now(w));
	b->internal_ms = clock.internal_ms;
	b->legal_ms = clock.legal_ms;
	(void)snprintf(b->state, sizeof(b->state), "open");
	if (write_row(w, b, actor, err) != 0 ||
	    breach_put_texts(w, b, texts, err) != 0)
		return -1;
	w->breach_boot_ms = 0;
	w->breach_counted = false;
	return tell(w, b, LEDGER_BREACH_OPENED, LEDGER_R_NONE, err);
}

/* --- decided -------------------------------------------------------------- */

static int rank(const char *risk)
{
	return strcmp(risk, "high") == 0 ? 2 : strcmp(risk, "risk") == 0;
}

/* From the threshold on the authority has to be told. */
static const char *decision_of(const struct worker *w, const char *risk)
{
	return rank(risk) >= (w->settings->breach.high_risk_only ? 2 : 1)
		   ? "notify"
		   : "none";
}

bool breach_suggests_a(const struct breach *b)
{
	return b->cause == BREACH_DATA;
}

static const char *refuse_decision(const struct worker *w,
				   const struct breach *b,
				   const struct breach_decision *d,
				   const char *decision)
{
	if (strcmp(b->state, "closed") == 0)
		return "closed";
	if (strcmp(decision_of(w, d->risk), "notify") == 0 &&
	    strcmp(decision, "none") == 0)
		return "threshold";
	/* Whoever has the keys reads everything. */
	if (d->exception != NULL && d->exception[0] == 'a' &&
	    b->cause == BREACH_KEYS)
		return "exception";
	return NULL;
}

int breach_decide(struct worker *w, struct breach *b,
		  const struct breach_decision *d, const json_t *texts,
		  int64_t actor, const char **ret_refused, struct err *err)
{
	static const enum ledger_reason reasons[] = {
	    LEDGER_R_NO_RISK, LEDGER_R_RISK, LEDGER_R_HIGH_RISK};
	const char *decision =
	    d->decision != NULL ? d->decision : decision_of(w, d->risk);

	*ret_refused = refuse_decision(w, b, d, decision);
	if (*ret_refused != NULL)
		return 0;
	if (store_run(w->store, decide_sql,
		      STORE_ARGS(S_TEXT(d->risk), S_TEXT(decision),
				 S_TEXT(d->exception), S_INT(actor),
				 S_INT(b->id)),
		      err) != 0 ||
	    breach_put_texts(w, b, texts, err) != 0)
		return -1;
	w->breach_boot_ms = 0;
	return tell(w, b, LEDGER_BREACH_DECIDED, reasons[rank(d->risk)], err);
}

/* --- told ----------------------------------------------------------------- */

static bool has_text(const struct breach *b, const json_t *more,
		     const char *name)
{
	return json_is_string(json_object_get(more, name)) ||
	       json_is_string(json_object_get(b->texts, name));
}

static const char *refuse_telling(struct worker *w, const struct breach *b,
				  bool subjects, const json_t *texts)
{
	if (strcmp(b->state, "closed") == 0)
		return "closed";
	/* Art. 33(1): with the reasons for the delay. */
	if (!subjects && b->notified_ms == 0 && worker_now(w) >= b->legal_ms &&
	    !has_text(b, texts, "delay_reason"))
		return "delay_reason";
	return NULL;
}

int breach_notify(struct worker *w, struct breach *b, bool subjects,
		  const char *phase, const json_t *texts, int64_t actor,
		  const char **ret_refused, struct err *err)
{
	const int64_t now_ms = worker_now(w);
	char what[32];

	*ret_refused = refuse_telling(w, b, subjects, texts);
	if (*ret_refused != NULL)
		return 0;
	(void)snprintf(what, sizeof(what), "%s.%s",
		       subjects ? "subjects" : "authority", phase);
	if (store_run(w->store, phase_sql,
		      STORE_ARGS(S_INT(b->id), S_INT(now_ms), S_TEXT(what),
				 S_INT(actor)),
		      err) != 0 ||
	    store_run(w->store, subjects ? subjects_sql : authority_sql,
		      STORE_ARGS(S_INT(now_ms), S_INT(b->id)), err) != 0 ||
	    breach_put_texts(w, b, texts, err) != 0)
		return -1;
	w->breach_boot_ms = 0;
	return tell(w, b, LEDGER_BREACH_NOTIFIED,
		    subjects ? LEDGER_R_SUBJECTS : LEDGER_R_AUTHORITY, err);
}

/* --- closed --------------------------------------------------------------- */

static const char *refuse_closing(const struct breach *b)
{
	if (strcmp(b->state, "closed") == 0)
		return "closed";
	if (b->risk[0] == '\0')
		return "undecided";
	if (strcmp(b->decision, "notify") == 0 && b->notified_ms == 0)
		return "authority";
	if (strcmp(b->risk, "high") == 0 && b->exception[0] == '\0' &&
	    b->subjects_notified_ms == 0)
		return "subjects";
	return NULL;
}

int breach_close(struct worker *w, struct breach *b, const json_t *texts,
		 const char **ret_refused, struct err *err)
{
	*ret_refused = refuse_closing(b);
	if (*ret_refused != NULL)
		return 0;
	if (store_run(w->store, close_sql,
		      STORE_ARGS(S_INT(worker_now(w)), S_INT(b->id)),
		      err) != 0 ||
	    breach_put_texts(w, b, texts, err) != 0)
		return -1;
	w->breach_boot_ms = 0;
	return tell(w, b, LEDGER_BREACH_CLOSED, LEDGER_R_NONE, err);
}
