/* judge.c - facts of a record, and what becomes of it.
 *
 * Source: compliance 3.1 to 3.3; Art. 5(1)(e), 17, 18 GDPR; § 35(3) BDSG. */
#include "judge.h"

#include "postern/caldate.h"
#include "postern/lookup.h"
#include "postern/simulate.h"
#include "store/family.h"
#include "worker/canary.h"
#include "worker/hold.h"
#include "worker/restriction.h"

#define MONTHS_SILENT 12 /* then a relationship without a case has ended */
#define PAGE	      32

static const char campaign_sql[] = "SELECT campaign FROM message WHERE id=?";
static const char open_sql[] =
    "SELECT 1 FROM conversation WHERE id=? AND state='open'";
/* The oldest wish of theirs that is not settled: what they said from then on
 * is about that, not about their case. */
static const char asked_sql[] =
    PERSON_FAMILY "SELECT min(received_ms) FROM request WHERE person IN"
		  " (SELECT id FROM family) AND ended_ms IS NULL";
static const char said_sql[] =
    "SELECT direction,received_ms FROM message WHERE id=? AND state<>'deleted'"
    " AND kind NOT IN ('version','notice','ask','reply','reaction')";
static const char ground_sql[] =
    PERSON_FAMILY "SELECT ground FROM restriction WHERE lifted_ms IS NULL AND"
		  " (conversation=? OR conversation IS NULL AND person IN"
		  " (SELECT id FROM family)) ORDER BY since_ms LIMIT 1";
/* NULL while a case of theirs is open. */
static const char last_sql[] =
    PERSON_FAMILY "SELECT CASE WHEN sum(state='open')>0 THEN NULL ELSE"
		  " max(max(coalesce(inbound_ms,opened_ms),"
		  "coalesce(closed_ms,opened_ms))) END FROM conversation"
		  " WHERE person IN (SELECT id FROM family)";

/* --- what it is for ------------------------------------------------------- */

/* A message of advertising is for what it advertised by: "purpose template".
 * Everything else is for the purpose of its channel. */
static int purpose_of(struct worker *w, const struct item *item,
		      struct name *ret, struct err *err)
{
	const struct name *usual = policy_purpose(w->policy, &item->channel);
	struct store_rows *rows = NULL;
	struct store_value v;
	const char *space;
	int rc;

	*ret = usual != NULL ? *usual : (struct name){""};
	if (item->message == 0)
		return 0;
	if (store_start(w->store, campaign_sql,
			STORE_ARGS(S_INT(item->message)), &rows, err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc > 0) {
		v = store_column(w->store, rows, 0);
		space =
		    v.type == STORE_TEXT ? memchr(v.bytes, ' ', v.len) : NULL;
		if (v.type == STORE_TEXT)
			(void)name_set(
			    ret, v.bytes,
			    space != NULL
				? (size_t)(space - (const char *)v.bytes)
				: v.len); /* else the usual */
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

/* A purpose the policy no longer has is judged like a contract that is over:
 * nothing keeps its data but a law. */
static int basis_of(struct worker *w, const struct item *item,
		    struct erasure_facts *f, struct err *err)
{
	struct policy_purpose purpose;
	struct name name;

	f->basis = LEGAL_BASIS_CONTRACT;
	if (purpose_of(w, item, &name, err) != 0)
		return -1;
	if (name.text[0] == '\0' ||
	    !policy_purpose_of(w->policy, &name, &item->channel, &purpose))
		return 0;
	f->basis = purpose.basis;
	f->marketing = purpose.marketing;
	return 0;
}

/* --- is the case still open? ---------------------------------------------- */

struct said {
	int64_t in_ms, out_ms;
};

static int read_said(struct worker *w, int64_t message, int64_t before_ms,
		     struct said *s, struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value direction;
	int64_t at_ms;
	int rc;

	if (store_start(w->store, said_sql, STORE_ARGS(S_INT(message)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc > 0) {
		direction = store_column(w->store, rows, 0);
		at_ms = store_column(w->store, rows, 1).num;
		if (direction.len == 3)
			s->out_ms = at_ms;
		else if (at_ms < before_ms)
			s->in_ms = at_ms;
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

/* The last thing that was said before they asked for their rights decides: a
 * question of theirs waits, or it was answered. */
static int waits_for_answer(struct worker *w, int64_t conversation,
			    int64_t before_ms, bool *ret, struct err *err)
{
	int64_t ids[PAGE], before = INT64_MAX;
	struct said s = {0};
	size_t len = PAGE;

	*ret = false;
	while (len == PAGE) {
		if (lookup_conversation(w->store, conversation, before, ids,
					PAGE, &len, err) != 0)
			return -1;
		for (size_t i = 0; i < len; i++) {
			if (read_said(w, ids[i], before_ms, &s, err) != 0)
				return -1;
			if (s.in_ms != 0 || s.out_ms != 0) {
				*ret = s.in_ms != 0;
				return 0;
			}
			before = ids[i];
		}
	}
	return 0;
}

/* A purpose is active while a case is open in which the person waits for an
 * answer: an open conversation whose last word is ours has served it. */
static int active_of(struct worker *w, const struct item *item, bool *ret,
		     struct err *err)
{
	int64_t one, before_ms = INT64_MAX;
	bool open = false, asked = false;

	*ret = false;
	/* Done again after a restore: it was decided when it was done. */
	if (w->restoring)
		return 0;
	if (store_one_int(w->store, open_sql,
			  STORE_ARGS(S_INT(item->conversation)), &one, &open,
			  err) != 0)
		return -1;
	if (!open)
		return 0;
	if (store_one_int(w->store, asked_sql, STORE_ARGS(S_INT(item->person)),
			  &before_ms, &asked, err) != 0)
		return -1;
	return waits_for_answer(w, item->conversation,
				asked ? before_ms : INT64_MAX, ret, err);
}

/* --- when its periods end ------------------------------------------------- */

static struct maybe_day day_of(const struct worker *w, int64_t ms)
{
	return ms != 0 ? (struct maybe_day){true, caldate_local(w->zone, ms)}
		       : (struct maybe_day){0};
}

/* compliance 3.2: no open case and no message for a year. */
static int relationship_end(struct worker *w, int64_t person, int64_t today,
			    struct maybe_day *ret, struct err *err)
{
	static const struct period silent = {.months = MONTHS_SILENT};
	int64_t last_ms = 0, day;
	bool found = false;

	if (store_one_int(w->store, last_sql, STORE_ARGS(S_INT(person)),
			  &last_ms, &found, err) != 0)
		return -1;
	if (found &&
	    caldate_add(caldate_local(w->zone, last_ms), &silent, &day) &&
	    day <= today)
		*ret = (struct maybe_day){true, day};
	return 0;
}

static bool restricts_on(const struct policy_rule *rule,
			 const struct policy_starts *starts, int64_t *ret)
{
	const struct maybe_day *from = &starts->at[rule->restrict_from];
	struct retention r;

	if (!rule->has_restrict || !from->is ||
	    !retention_of(from->day, &rule->restrict_after, &r))
		return false;
	*ret = r.erase_from;
	return true;
}

/* What only may be kept refuses no erasure: what proves a consent has its own
 * way (erasure_consent.c), that somebody was informed is in the proof log. */
static bool orders(const struct policy_rule *rule, enum erasure_trigger trigger)
{
	return rule->has_statutory &&
	       (trigger == TRIGGER_SCHEDULE || statutory_orders(rule->norm));
}

/* By law a record is free after the last day; that it is out of use before is
 * its rule's, "restrict". */
static void take_rule(const struct policy_rule *rule,
		      const struct policy_starts *starts, struct judged *j)
{
	struct erasure_facts *f = &j->facts;
	struct policy_due due;
	int64_t day;

	policy_due(rule, starts, &due);
	if (orders(rule, f->trigger)) {
		f->statutory_last_day = (struct maybe_day){
		    true, due.is ? due.r.last_day : CALDATE_MAX};
		j->norm = rule->norm;
	}
	if (due.is && !due.waits)
		f->rule_due = (struct maybe_day){true, due.r.erase_from};
	if (restricts_on(rule, starts, &day) &&
	    (!f->rule_due.is || day < f->rule_due.day))
		f->rule_due = (struct maybe_day){true, day};
}

/* What came with a letter is part of it: whatever asks for its end, a law that
 * keeps the message keeps its attachments (compliance 3.2, MEDIA). */
static int follow_message(struct worker *w, const struct item *item,
			  struct judged *j, struct err *err)
{
	struct erasure_facts *f = &j->facts;
	struct policy_starts starts = {.otherwise = f->today};
	struct maybe_day *kept = &f->statutory_last_day;
	struct policy_rule rule;
	struct policy_due due;
	struct item message;
	bool found = false;
	int64_t last_day;

	if (item->kind != ITEM_ATTACHMENT || item->message == 0)
		return 0;
	if (item_load(w, ITEM_MESSAGE, item->message, &message, &found, err) !=
	    0)
		return -1;
	if (!found || !policy_rule_of(w->policy, &message.datenart, &rule) ||
	    !orders(&rule, f->trigger))
		return 0;
	starts.at[START_COLLECTION] = day_of(w, message.received_ms);
	starts.at[START_PROCESS_END] = day_of(w, message.closed_ms);
	policy_due(&rule, &starts, &due);
	last_day = due.is ? due.r.last_day : CALDATE_MAX;
	if (!kept->is || kept->day < last_day) {
		*kept = (struct maybe_day){true, last_day};
		j->norm = rule.norm;
	}
	return 0;
}

static int dates_of(struct worker *w, const struct item *item,
		    struct judged *ret, struct err *err)
{
	struct erasure_facts *f = &ret->facts;
	struct policy_starts starts = {.otherwise = f->today};
	struct policy_rule rule;

	ret->unclassified = !policy_rule_of(w->policy, &item->datenart, &rule);
	if (ret->unclassified)
		return 0;
	starts.at[START_COLLECTION] = day_of(w, item->received_ms);
	starts.at[START_PROCESS_END] = day_of(w, item->closed_ms);
	for (int i = START_WITHDRAWAL; i < POLICY_STARTS; i++)
		starts.at[i] = day_of(w, item->start_ms);
	if ((rule.from == START_RELATIONSHIP_END ||
	     rule.restrict_from == START_RELATIONSHIP_END) &&
	    item->person != 0 &&
	    relationship_end(w, item->person, f->today,
			     &starts.at[START_RELATIONSHIP_END], err) != 0)
		return -1;
	take_rule(&rule, &starts, ret);
	return follow_message(w, item, ret, err);
}

/* --- what stands in the way ----------------------------------------------- */

static int restriction_ground(struct worker *w, const struct item *item,
			      char *ret, struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value v;
	bool restricted = false;
	int rc;

	if (item->person == 0)
		return 0;
	if (restriction_of(w, item->person, item->conversation, &restricted,
			   err) != 0)
		return -1;
	if (!restricted)
		return 0;
	if (store_start(
		w->store, ground_sql,
		STORE_ARGS(S_INT(item->person), S_INT(item->conversation)),
		&rows, err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc > 0) {
		v = store_column(w->store, rows, 0);
		*ret = v.len == 1 ? *(const char *)v.bytes : 'd';
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

static int hold_over(struct worker *w, const struct item *item, int64_t *ret,
		     struct err *err)
{
	const struct hold_facts facts = {
	    .item = item->id,
	    .person = item->person,
	    .conversation = item->conversation,
	    .channel = &item->channel,
	    .datenart = &item->datenart,
	    .received_ms = item->received_ms,
	};

	return hold_of(w, &facts, ret, err);
}

/* A made-up person ends when somebody ends it, by no rule. */
static int keep_canary(struct worker *w, const struct item *item,
		       struct judged *j, struct err *err)
{
	bool canary = false;

	if (canary_is(w, item->person, &canary, err) != 0)
		return -1;
	if (!canary)
		return 0;
	j->decision = (struct erasure_decision){.verdict = ERASURE_KEEP};
	j->unclassified = false;
	return 0;
}

int judge_item(struct worker *w, const struct item *item,
	       enum erasure_trigger trigger, int64_t today, struct judged *ret,
	       struct err *err)
{
	struct judged j = {
	    .facts = {.today = today, .trigger = trigger},
	};

	if (basis_of(w, item, &j.facts, err) != 0 ||
	    dates_of(w, item, &j, err) != 0 ||
	    restriction_ground(w, item, &j.facts.restriction, err) != 0 ||
	    hold_over(w, item, &j.hold, err) != 0)
		return -1;
	/* Of no other cause does it matter. */
	if (trigger == TRIGGER_ART17 &&
	    active_of(w, item, &j.facts.purpose_active, err) != 0)
		return -1;
	j.facts.legal_hold = j.hold != 0;
	j.decision = erasure_decide(&j.facts);
	if (trigger == TRIGGER_SCHEDULE && keep_canary(w, item, &j, err) != 0)
		return -1;
	*ret = j;
	return 0;
}
