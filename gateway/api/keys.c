/* keys.c - the keeper, seen and turned by the operator of this host. */
#include <sodium.h>

#include "body.h"
#include "problem.h"
#include "route.h"

#define PASSPHRASE_MAX 1024

static json_t *keys_of(const struct keeper_status *s)
{
	return json_pack(
	    "{s:b, s:o, s:s, s:I, s:I, s:I, s:o}", "locked", (int)s->locked,
	    "reason", job_json_text(s->reason[0] != '\0' ? s->reason : NULL),
	    "source", s->source, "data_keys", (json_int_t)s->data_keys,
	    "root_epoch", (json_int_t)s->root_epoch, "spool_pair",
	    (json_int_t)s->spool_pair, "root_made",
	    job_json_time(s->rotated_s * 1000));
}

int api_keys_get(struct worker *w, struct job *job, struct err *err)
{
	struct keeper_status s = {0};

	if (keeper_status(w->keeper, &s, err) != 0)
		return -1;
	return job_json(job, 200, keys_of(&s), err);
}

int api_keys_lock(struct worker *w, struct job *job, struct err *err)
{
	if (keeper_lock(w->keeper, err) != 0)
		return -1;
	return api_keys_get(w, job, err);
}

int api_keys_unlock(struct worker *w, struct job *job, struct err *err)
{
	static const char *const known[] = {"passphrase"};
	const char *passphrase = NULL;
	json_t *body;
	int rc = -1;

	if (body_object(job, known, 1, &body) != 0)
		return -1;
	if (body_text(job, body, "passphrase", PASSPHRASE_MAX, &passphrase) !=
	    0)
		goto out;
	if (passphrase == NULL)
		passphrase = "";
	rc = keeper_unlock(w->keeper, passphrase, strlen(passphrase), err);
	if (rc != 0 && (err->kind == ERR_DENIED || err->kind == ERR_INPUT ||
			err->kind == ERR_CORRUPT))
		(void)job_refuse(job, &problem_forbidden,
				 "the keeper did not take the passphrase");
out:
	/* Whichever allocator jansson has: this text does not stay. */
	if (passphrase != NULL && *passphrase != '\0')
		sodium_memzero((void *)(uintptr_t)passphrase,
			       strlen(passphrase));
	json_decref(body);
	return rc == 0 ? api_keys_get(w, job, err) : -1;
}

int api_keys_rotate(struct worker *w, struct job *job, struct err *err)
{
	if (keeper_rotate(w->keeper, err) != 0)
		return -1;
	return api_keys_get(w, job, err);
}
