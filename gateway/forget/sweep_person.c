/* sweep_person.c - what is known of a person beside what they wrote: their
 * addresses and name, and what they agreed to.
 *
 * Source: Art. 5(1)(e), 7(1) GDPR; § 7a UWG; compliance 3.2, 9 C6. */
#include "sweep_inside.h"

#include "postern/lookup.h"
#include "store/family.h"
#include "trail.h"
#include "worker/consent.h"
#include "worker/identity.h"
#include "worker/inbound.h"
#include "worker/notice.h"

#define PAGE	  64
#define VIEWS_MAX 64

static const char known_sql[] =
    PERSON_FAMILY "SELECT 1 WHERE EXISTS (SELECT 1 FROM address WHERE person IN"
		  " (SELECT id FROM family)) OR EXISTS (SELECT 1 FROM person"
		  " WHERE id IN (SELECT id FROM family) AND profile_sealed IS"
		  " NOT NULL)";
/* Somebody still has to answer them. */
static const char asks_sql[] =
    PERSON_FAMILY "SELECT 1 WHERE EXISTS (SELECT 1 FROM request WHERE person IN"
		  " (SELECT id FROM family) AND ended_ms IS NULL) OR EXISTS"
		  " (SELECT 1 FROM erasure WHERE person IN (SELECT id FROM"
		  " family) AND ended_ms IS NULL)";
static const char alive_sql[] = "SELECT 1 FROM message WHERE id=?";
static const char *const contact_sql[] = {
    PERSON_FAMILY "DELETE FROM address WHERE person IN"
		  " (SELECT id FROM family)",
    PERSON_FAMILY "UPDATE person SET profile_sealed=NULL WHERE id IN"
		  " (SELECT id FROM family)",
    PERSON_FAMILY "UPDATE conversation SET language=NULL WHERE person IN"
		  " (SELECT id FROM family)",
    PERSON_FAMILY "DELETE FROM disclosure WHERE person IN"
		  " (SELECT id FROM family)",
};
static const char keys_sql[] =
    PERSON_FAMILY "INSERT INTO sweep_key(person) SELECT id FROM family WHERE"
		  " 1 ON CONFLICT DO NOTHING";
static const char event_sql[] =
    "SELECT person,purpose,channel,at_ms,coalesce(key_person,0) FROM"
    " consent_event WHERE id=?";
static const char used_sql[] =
    PERSON_FAMILY "SELECT max(campaign_ms) FROM conversation WHERE person IN"
		  " (SELECT id FROM family) AND campaign LIKE ? AND"
		  " (channel=? OR ?='')";
static const char unsay_sql[] =
    PERSON_FAMILY "DELETE FROM consent_event WHERE person IN"
		  " (SELECT id FROM family) AND purpose=? AND channel=? AND"
		  " at_ms<=?";

/* --- addresses and name --------------------------------------------------- */

struct alive {
	struct worker *w;
	bool any;
};

/* Is there a message left? */
static int look_alive(void *ctx, int64_t conversation, struct err *err)
{
	struct alive *a = ctx;
	int64_t ids[PAGE], before = INT64_MAX, one;
	size_t len = PAGE;

	while (len == PAGE && !a->any) {
		if (lookup_conversation(a->w->store, conversation, before, ids,
					PAGE, &len, err) != 0)
			return -1;
		for (size_t i = 0; i < len && !a->any; i++) {
			before = ids[i];
			if (store_one_int(a->w->store, alive_sql,
					  STORE_ARGS(S_INT(ids[i])), &one,
					  &a->any, err) != 0)
				return -1;
		}
	}
	return 0;
}

static int is_so(struct worker *w, const char *sql, int64_t person, bool *ret,
		 struct err *err)
{
	int64_t one;

	return store_one_int(w->store, sql, STORE_ARGS(S_INT(person)), &one,
			     ret, err);
}

/* Somebody who agreed to be written to is known for that. */
static int agrees(struct worker *w, int64_t person, bool *ret, struct err *err)
{
	struct consent_of all[VIEWS_MAX];
	struct consent_view view;
	size_t len;

	*ret = false;
	if (consent_all_of(w, person, all, VIEWS_MAX, &len, err) != 0)
		return -1;
	for (size_t i = 0; i < len && !*ret; i++) {
		if (consent_view_of(w, &all[i], CONSENT_NOW, &view, err) != 0)
			return -1;
		*ret = consent_is_valid(view.state);
	}
	return 0;
}

/* First, as it is so for nearly nobody. */
static int is_over(struct worker *w, const struct item *contact, bool *ret,
		   struct err *err)
{
	const int64_t today = w->sweep->run.day;
	struct judged j;

	if (judge_item(w, contact, TRIGGER_SCHEDULE, today, &j, err) != 0)
		return -1;
	*ret = j.facts.rule_due.is && j.facts.rule_due.day <= today;
	return 0;
}

/* Whoever's letters a law keeps is kept with them: they would say nothing
 * without. */
int sweep_contact_load(struct worker *w, int64_t person, struct item *ret,
		       bool *ret_found, struct err *err)
{
	struct alive alive = {.w = w};
	bool asks = false, known = false, agreed = false, over = false;

	*ret = (struct item){.id = person,
			     .person = person,
			     .key_person = person,
			     .datenart = {IDENTITY_DATENART}};
	*ret_found = false;
	if (is_over(w, ret, &over, err) != 0 ||
	    (over && is_so(w, known_sql, person, &known, err) != 0))
		return -1;
	if (!known)
		return 0;
	if (is_so(w, asks_sql, person, &asks, err) != 0 ||
	    (!asks && agrees(w, person, &agreed, err) != 0))
		return -1;
	if (asks || agreed)
		return 0;
	if (trail_conversations(w, person, look_alive, &alive, err) != 0)
		return -1;
	*ret_found = !alive.any;
	return 0;
}

int sweep_contact_forget(struct worker *w, int64_t person, struct err *err)
{
	for (size_t i = 0; i < sizeof(contact_sql) / sizeof(contact_sql[0]);
	     i++)
		if (store_run(w->store, contact_sql[i],
			      STORE_ARGS(S_INT(person)), err) != 0)
			return -1;
	/* Should they come again, they are strangers. */
	if (w->receive != NULL) {
		notices_forget(w->receive->notices);
		sodium_memzero(w->receive->seen,
			       PROFILE_SEEN_SLOTS * sizeof(*w->receive->seen));
	}
	return store_run(w->store, keys_sql, STORE_ARGS(S_INT(person)), err);
}

/* --- consents ------------------------------------------------------------- */

/* Where the last advertising for the purpose went out. */
static int last_use(struct worker *w, const struct consent_of *of, int64_t *ret,
		    struct err *err)
{
	char like[NAME_LEN_MAX + 4];
	bool found;

	(void)snprintf(like, sizeof(like), "%s %%", of->purpose.text);
	return store_one_int(w->store, used_sql,
			     STORE_ARGS(S_INT(of->person), S_TEXT(like),
					S_TEXT(of->channel.text),
					S_TEXT(of->channel.text)),
			     ret, &found, err);
}

static int read_event(struct worker *w, int64_t event, struct consent_of *of,
		      struct item *ret, bool *ret_found, struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value p, c;
	int rc;

	if (store_start(w->store, event_sql, STORE_ARGS(S_INT(event)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc > 0) {
		of->person = store_column(w->store, rows, 0).num;
		p = store_column(w->store, rows, 1);
		c = store_column(w->store, rows, 2);
		*ret_found =
		    name_set(&of->purpose, p.bytes, p.len) &&
		    (c.len == 0 || name_set(&of->channel, c.bytes, c.len));
		ret->received_ms = store_column(w->store, rows, 3).num;
		ret->key_person = store_column(w->store, rows, 4).num;
	}
	store_finish(w->store, &rows);
	ret->person = of->person;
	ret->channel = of->channel;
	return rc < 0 ? -1 : 0;
}

/* All that was said about a purpose is one record: it stands with its last
 * event. */
int sweep_consent_load(struct worker *w, int64_t event, struct item *ret,
		       bool *ret_found, struct err *err)
{
	struct consent_of of = {0};
	struct consent_view view;
	struct policy_rule rule;
	int64_t used_ms = 0;

	*ret = (struct item){.id = event};
	*ret_found = false;
	if (read_event(w, event, &of, ret, ret_found, err) != 0)
		return -1;
	if (!*ret_found)
		return 0;
	if (consent_view_of(w, &of, CONSENT_NOW, &view, err) != 0)
		return -1;
	ret->start_ms = consent_ended_ms(&view);
	*ret_found = view.id == event && ret->start_ms != 0;
	if (!*ret_found ||
	    !policy_rule_of(w->policy, &(struct name){CONSENT_DATENART},
			    &rule) ||
	    rule.from != START_LAST_USE)
		return 0;
	if (last_use(w, &of, &used_ms, err) != 0)
		return -1;
	if (used_ms > 0)
		ret->start_ms = used_ms;
	return 0;
}

int sweep_consent_forget(struct worker *w, int64_t event, struct err *err)
{
	struct consent_of of = {0};
	struct item item = {0};
	bool found = false;

	if (read_event(w, event, &of, &item, &found, err) != 0)
		return -1;
	if (!found)
		return 0;
	return store_run(w->store, unsay_sql,
			 STORE_ARGS(S_INT(of.person), S_TEXT(of.purpose.text),
				    S_TEXT(of.channel.text),
				    S_INT(item.received_ms)),
			 err);
}
