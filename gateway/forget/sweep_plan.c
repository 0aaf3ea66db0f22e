/* sweep_plan.c - the rules of the policy as steps: who is looked for, where,
 * and what started before which moment is due.
 *
 * Source: DIN 66398; compliance 3.2. */
#include "sweep_inside.h"

#include <sodium.h>

#include "postern/caldate.h"
#include "worker/identity.h"

/* Datenarten that are rows of ours, not records somebody wrote. */
static const struct own {
	const char *datenart;
	enum sweep_walk walk;
	enum sweep_class class;
} owns[] = {
    {"RAW", WALK_QUARANTINE, SWEEP_ITEMS},
    {"NOTICE", WALK_ROWS, SWEEP_NOTICES},
    {"STAFF_LOG", WALK_ROWS, SWEEP_VIEWS},
    {"META", WALK_ROWS, SWEEP_META},
    {IDENTITY_DATENART, WALK_ROWS, SWEEP_CONTACT},
    {"CONSENT", WALK_ROWS, SWEEP_CONSENT},
    {"REQUEST", WALK_ROWS, SWEEP_REQUEST},
    {"BREACH", WALK_ROWS, SWEEP_BREACH},
    {"HOLD", WALK_ROWS, SWEEP_HOLD},
};
/* By others: consent_expire.c, the room of packages, a review. */
static const char *const others[] = {"DOI_PENDING", "EXPORT", "SUPPRESS",
				     "TELLING", "CANARY"};

static const char *const walk_names[] = {
    [WALK_KEPT] = "kept",
    [WALK_MESSAGES] = "message",
    [WALK_ATTACHMENTS] = "attachment",
    [WALK_QUARANTINE] = "quarantine",
    [WALK_NOTES] = "note",
    [WALK_CONVERSATIONS] = "conversation",
    [WALK_PERSONS] = "person",
    [WALK_ROWS] = "row",
    [WALK_STRANGERS] = "stranger",
};

const char *sweep_walk_name(const struct sweep_step *step)
{
	static const char *const restricting[] = {
	    [WALK_MESSAGES] = "message.restrict",
	    [WALK_ATTACHMENTS] = "attachment.restrict",
	    [WALK_NOTES] = "note.restrict",
	    [WALK_CONVERSATIONS] = "conversation.restrict",
	    [WALK_PERSONS] = "person.restrict",
	};

	return step->restricts ? restricting[step->walk]
			       : walk_names[step->walk];
}

/* --- when ------------------------------------------------------------------
 */

static bool due(const struct policy_rule *rule, bool restricts, int64_t day,
		int64_t today)
{
	struct retention r;
	bool ends;

	if (restricts)
		ends = retention_of(day, &rule->restrict_after, &r);
	else if (rule->has_statutory)
		ends = retention_statutory(day, (uint32_t)rule->years,
					   rule->year_end, &r);
	else
		ends =
		    rule->has_delete && retention_of(day, &rule->delete_by, &r);
	return ends && r.erase_from <= today;
}

/* Later days end later: the first one that is not over. */
static int64_t first_kept(const struct policy_rule *rule, bool restricts,
			  int64_t today)
{
	int64_t low = CALDATE_MIN, high = today + 1;

	while (low < high) {
		int64_t middle = low + (high - low) / 2;

		if (due(rule, restricts, middle, today))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int64_t sweep_first_kept(const struct policy_rule *rule, int64_t today)
{
	return first_kept(rule, false, today);
}

/* --- steps ---------------------------------------------------------------- */

static void hash_period(crypto_generichash_state *h, const struct period *p)
{
	const uint32_t parts[] = {p->years, p->months, p->days};

	(void)crypto_generichash_update(h, (const unsigned char *)parts,
					sizeof(parts));
}

/* What is due depends on that and on the day, and on nothing else. */
static void digest(const struct policy_rule *rule, bool restricts,
		   uint8_t ret[SWEEP_RULE_BYTES])
{
	const int64_t numbers[] = {1,
				   restricts,
				   restricts ? rule->restrict_from : rule->from,
				   rule->has_statutory,
				   rule->years,
				   rule->year_end};
	crypto_generichash_state h;

	(void)crypto_generichash_init(&h, NULL, 0, SWEEP_RULE_BYTES);
	(void)crypto_generichash_update(&h, (const unsigned char *)numbers,
					sizeof(numbers));
	hash_period(&h, restricts ? &rule->restrict_after : &rule->delete_by);
	(void)crypto_generichash_final(&h, ret, SWEEP_RULE_BYTES);
}

static void add(struct worker *w, struct sweep_plan *plan,
		const struct policy_rule *rule, const struct sweep_step *like,
		int64_t today)
{
	struct sweep_step *s;

	if (plan->len == SWEEP_STEPS_MAX)
		return;
	s = &plan->steps[plan->len++];
	*s = *like;
	s->datenart = rule->name;
	s->today = today;
	s->before_ms = caldate_begins_ms(
	    w->zone, first_kept(rule, like->restricts, today));
	digest(rule, like->restricts, s->rule);
}

static const struct own *own_of(const struct name *datenart)
{
	for (size_t i = 0; i < sizeof(owns) / sizeof(owns[0]); i++)
		if (strcmp(owns[i].datenart, datenart->text) == 0)
			return &owns[i];
	return NULL;
}

static bool is_of_others(const struct name *datenart)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(others[i], datenart->text) == 0)
			return true;
	return false;
}

/* Messages, attachments and notes that are filed under it. */
static void add_items(struct worker *w, struct sweep_plan *plan,
		      const struct policy_rule *rule, bool restricts,
		      int64_t today)
{
	static const enum sweep_walk collected[] = {
	    WALK_MESSAGES, WALK_ATTACHMENTS, WALK_NOTES};
	const enum policy_start from =
	    restricts ? rule->restrict_from : rule->from;
	struct sweep_step like = {.restricts = restricts};

	if (from == START_PROCESS_END) {
		like.walk = WALK_CONVERSATIONS;
		add(w, plan, rule, &like, today);
	} else if (from == START_RELATIONSHIP_END) {
		like.walk = WALK_PERSONS;
		add(w, plan, rule, &like, today);
	} else if (from == START_COLLECTION) {
		for (size_t i = 0; i < 3; i++) {
			like.walk = collected[i];
			add(w, plan, rule, &like, today);
		}
	}
}

static void add_rule(struct worker *w, struct sweep_plan *plan,
		     const struct policy_rule *rule, int64_t today)
{
	const struct own *own = own_of(&rule->name);
	struct sweep_step like;

	if (own != NULL) {
		like =
		    (struct sweep_step){.walk = own->walk, .class = own->class};
		add(w, plan, rule, &like, today);
		return;
	}
	if (is_of_others(&rule->name))
		return;
	if (rule->has_restrict)
		add_items(w, plan, rule, true, today);
	add_items(w, plan, rule, false, today);
}

int sweep_plan_make(struct worker *w, int64_t today, struct sweep_plan *ret,
		    struct err *err)
{
	struct policy_rule rule;

	*ret = (struct sweep_plan){
	    .steps = calloc(SWEEP_STEPS_MAX, sizeof(*ret->steps))};
	if (ret->steps == NULL)
		return ERR_SET(err, ERR_NOMEM, "plan of a sweep", 0);
	ret->steps[ret->len++] =
	    (struct sweep_step){.walk = WALK_KEPT, .today = today};
	if (sweep_strangers(w, ret, today, err) != 0) {
		sweep_plan_free(ret);
		return -1;
	}
	for (size_t i = 0; policy_rule_at(w->policy, i, &rule); i++)
		add_rule(w, ret, &rule, today);
	return 0;
}

void sweep_plan_free(struct sweep_plan *plan)
{
	free(plan->steps);
	*plan = (struct sweep_plan){0};
}
