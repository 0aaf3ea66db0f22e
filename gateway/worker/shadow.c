/* shadow.c - what a version that watches would have done otherwise. */
#include "shadow.h"

#include "decide.h"
#include "lifecycle_inside.h"

#define WORDS_BYTES 64

static const char note_sql[] =
    "INSERT INTO policy_shadow(policy,channel,what,was,would,rule,n)"
    " VALUES(?,?,?,?,?,?,1) ON CONFLICT(policy,channel,what,was,would,rule)"
    " DO UPDATE SET n=policy_shadow.n+1";

struct shadow {
	int64_t version, until_ms;
	struct policy *policy;
};

void shadow_free(struct shadow **s)
{
	if (*s != NULL)
		policy_free(&(*s)->policy);
	free(*s);
	*s = NULL;
}

const struct policy *shadow_policy(const struct worker *w)
{
	return w->shadow != NULL && worker_now(w) < w->shadow->until_ms
		   ? w->shadow->policy
		   : NULL;
}

static int make(struct worker *w, const struct version *v, struct shadow **ret,
		struct err *err)
{
	struct shadow *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return ERR_SET(err, ERR_NOMEM, "a shadow", 0);
	s->version = v->id;
	s->until_ms = v->shadow_until_ms;
	if (force_parse(w, v->id, &s->policy, err) != 0) {
		shadow_free(&s);
		return -1;
	}
	/* What cannot be read watches nothing. */
	if (s->policy == NULL)
		shadow_free(&s);
	*ret = s;
	return 0;
}

int shadow_set(struct worker *w, int64_t version, struct err *err)
{
	struct shadow *fresh = NULL;
	struct version v = {0};
	bool found = false;
	int rc = 0;

	if (version != 0) {
		if (version_load(w->store, version, &v, &found, err) != 0)
			return -1;
		if (found)
			rc = make(w, &v, &fresh, err);
		version_free(&v);
	}
	if (rc != 0)
		return -1;
	shadow_free(&w->shadow);
	w->shadow = fresh;
	return 0;
}

/* --- comparing ------------------------------------------------------------ */

struct seen {
	struct worker *w;
	const char *channel;
	const struct policy_decision *was, *would;
};

static bool has_reason(const struct policy_decision *d, const char *code)
{
	for (size_t i = 0; i < d->reasons_len; i++)
		if (strcmp(d->reasons[i].code, code) == 0)
			return true;
	return false;
}

/* The first reason only the new one has; or only the old one. */
static const char *rule_of(const struct seen *s)
{
	const struct policy_decision *sides[] = {s->would, s->was};

	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < sides[k]->reasons_len; i++)
			if (!has_reason(sides[1 - k],
					sides[k]->reasons[i].code))
				return sides[k]->reasons[i].code;
	return "";
}

static int add(const struct seen *s, const char *what, const char *was,
	       const char *would, const char *rule, struct err *err)
{
	return store_run(s->w->store, note_sql,
			 STORE_ARGS(S_INT(s->w->shadow->version),
				    S_TEXT(s->channel), S_TEXT(what),
				    S_TEXT(was), S_TEXT(would), S_TEXT(rule)),
			 err);
}

static int compare(const struct seen *s, const char *what, const char *was,
		   const char *would, struct err *err)
{
	if (strcmp(was, would) == 0)
		return 0;
	return add(s, what, was, would, rule_of(s), err);
}

static const char *outcome_of(const struct policy_decision *d)
{
	static const char *const words[] = {
	    [MSG_UNDECIDED] = "undecided", [MSG_FORWARDED] = "forwarded",
	    [MSG_REDUCED] = "reduced",	   [MSG_HELD] = "held",
	    [MSG_KEPT] = "kept",
	};

	if (d->quarantine)
		return "quarantined";
	if (!d->store)
		return "refused";
	return words[decide_outcome(d)];
}

static const char *person_of(const struct policy_decision *d)
{
	static const char *const words[] = {[PERSON_ALIAS] = "alias",
					    [PERSON_NAME] = "name",
					    [PERSON_ADDRESS] = "address"};

	return d->forward ? words[d->person] : "nobody";
}

/* "notice ask" */
static void says_of(const struct policy_decision *d, char ret[WORDS_BYTES])
{
	size_t len = 0;

	(void)snprintf(ret, WORDS_BYTES, "nothing");
	for (size_t i = 0; i < d->say_len && len < WORDS_BYTES - 16; i++)
		len += (size_t)snprintf(ret + len, WORDS_BYTES - len, "%s%s",
					i == 0 ? "" : " ",
					policy_say_name(d->say[i].kind));
}

static const char *media_of(const struct policy_decision *d)
{
	return d->media_refused ? "refused" : "fetched";
}

int shadow_note(struct worker *w, const struct name *channel,
		const struct policy_decision *was,
		const struct policy_decision *would, struct err *err)
{
	const struct seen s = {w, channel->text, was, would};
	char said[WORDS_BYTES], saying[WORDS_BYTES];

	says_of(was, said);
	says_of(would, saying);
	if (add(&s, "seen", "message", "", "", err) != 0 ||
	    compare(&s, "outcome", outcome_of(was), outcome_of(would), err) !=
		0 ||
	    compare(&s, "datenart", was->datenart.text, would->datenart.text,
		    err) != 0 ||
	    compare(&s, "person", person_of(was), person_of(would), err) != 0 ||
	    compare(&s, "says", said, saying, err) != 0)
		return -1;
	return compare(&s, "media", media_of(was), media_of(would), err);
}

/* --- replies -------------------------------------------------------------- */

static const char *sent_of(const struct policy_decision *d)
{
	return d->send ? "sent" : "not_sent";
}

int shadow_note_send(struct worker *w, const struct policy_facts *facts,
		     const struct policy_decision *was, struct err *err)
{
	const struct policy *other = shadow_policy(w);
	struct policy_decision would;
	const struct seen s = {w, facts->channel->text, was, &would};

	if (other == NULL)
		return 0;
	policy_decide(other, facts, &would);
	if (add(&s, "seen", "reply", "", "", err) != 0)
		return -1;
	return compare(&s, "reply", sent_of(was), sent_of(&would), err);
}
