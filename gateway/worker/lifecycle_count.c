/* lifecycle_count.c - what a version would do, counted in slices. */
#include "lifecycle_inside.h"

#include "postern/log.h"

#define SLICE 1000 /* rows: the loop does other work between */

void count_free(struct lifecycle *l)
{
	if (l->count != NULL)
		policy_free(&l->count->after);
	free(l->count);
	l->count = NULL;
}

int count_begin(struct worker *w, const struct version *v, bool again,
		struct err *err)
{
	struct lifecycle *l = w->lifecycle;

	count_free(l);
	l->count = calloc(1, sizeof(*l->count));
	if (l->count == NULL)
		return ERR_SET(err, ERR_NOMEM, "a count", 0);
	l->pause_until_ms = 0;
	l->count->version = v->id;
	l->count->again = again;
	l->count->now_ms = worker_now(w);
	/* As if it were approved now: what goes by its old rule until then is
	 * no effect of the new one. */
	l->count->at_ms = again ? l->count->now_ms : lifecycle_due_ms(w, v);
	if (force_parse(w, v->id, &l->count->after, err) != 0) {
		count_free(l);
		return -1;
	}
	if (l->count->after != NULL)
		return 0;
	count_free(l);
	return force_stop(w, v->id, VERSION_UNREADABLE, NULL, err);
}

/* The effect becomes part of what is approved. */
static int pin(struct worker *w, struct version *v,
	       const struct policy_effect *effect, struct err *err)
{
	struct buf text = BUF_INIT(VERSION_BYTES_MAX);
	int rc = -1;

	if (policy_effect_print(effect, &text, err) != 0)
		goto out;
	v->effect = strndup((const char *)text.bytes, text.len);
	if (v->effect == NULL)
		(void)ERR_SET(err, ERR_NOMEM, "an effect", 0);
	else
		rc = version_change(w->store, w->keeper, v, err);
out:
	buf_free(&text);
	return rc;
}

static int pin_counted(struct worker *w, const struct counting *c,
		       struct err *err)
{
	struct version v = {0};
	bool found = false, good = true;
	int rc = -1;

	if (store_begin(w->store, err) != 0)
		return -1;
	if (version_load(w->store, c->version, &v, &found, err) != 0)
		goto out;
	/* Stopped meanwhile, perhaps. */
	if (!found || v.state != VERSION_PROPOSED || v.effect != NULL) {
		rc = 0;
		goto out;
	}
	if (version_check(w->store, w->keeper, &v, &good, err) != 0 || !good ||
	    pin(w, &v, &c->effect, err) != 0)
		goto out;
	rc = store_commit(w->store, err);
out:
	store_roll_back(w->store);
	version_free(&v);
	return good ? rc
		    : force_stop(w, c->version, VERSION_TAMPERED, NULL, err);
}

/* --- counted again -------------------------------------------------------- */

static int judge_again(struct worker *w, const struct counting *c,
		       struct err *err)
{
	struct policy_effect *pinned = calloc(1, sizeof(*pinned));
	struct policy_effect_excess more;
	struct version v = {0};
	bool found = false, too_much = true;
	int rc = -1;

	if (pinned == NULL)
		return ERR_SET(err, ERR_NOMEM, "an effect", 0);
	if (version_load(w->store, c->version, &v, &found, err) != 0)
		goto out;
	/* What was pinned and cannot be read was not written through here. */
	if (found && v.effect != NULL &&
	    policy_effect_parse(v.effect, strlen(v.effect), pinned, err) == 0)
		too_much = policy_effect_exceeds(pinned, &c->effect,
						 v.tolerance, &more);
	if (too_much)
		rc = force_stop(w, c->version, VERSION_EFFECT, &c->effect, err);
	else
		rc = force_version(w, c->version, &c->effect, err);
out:
	version_free(&v);
	free(pinned);
	return rc;
}

int count_step(struct worker *w, struct err *err)
{
	struct counting *c = w->lifecycle->count;
	const struct policy_effect_ask ask = {
	    .before = w->policy,
	    .after = c->after,
	    .settings = w->settings,
	    .zone = w->zone,
	    .at_ms = c->at_ms,
	    .now_ms = c->now_ms,
	};

	if (!c->done && policy_effect_count(w->store, &ask, &c->reached, SLICE,
					    &c->effect, &c->done, err) != 0)
		return -1;
	if (!c->done)
		return 0;
	if ((c->again ? judge_again(w, c, err) : pin_counted(w, c, err)) != 0)
		return -1;
	count_free(w->lifecycle);
	w->lifecycle->look = true;
	return 0;
}
