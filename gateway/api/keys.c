/* keys.c - the keeper, seen and turned by the operator of this host. */
#include <sodium.h>

#include "backup/rows.h"
#include "body.h"
#include "problem.h"
#include "route.h"

#define PASSPHRASE_MAX 1024

static json_t *keys_of(const struct worker *w, const struct keeper_status *s)
{
	return json_pack(
	    "{s:b, s:o, s:s, s:I, s:I, s:I, s:o, s:I}", "locked",
	    (int)s->locked, "reason",
	    job_json_text(s->reason[0] != '\0' ? s->reason : NULL), "source",
	    s->source, "data_keys", (json_int_t)s->data_keys, "root_epoch",
	    (json_int_t)s->root_epoch, "spool_pair", (json_int_t)s->spool_pair,
	    "root_made", job_json_time(s->rotated_s * 1000),
	    "backup_expires_ms",
	    (json_int_t)backup_expires_ms(w, worker_now(w)));
}

int api_keys_get(struct worker *w, struct job *job, struct err *err)
{
	struct keeper_status s = {0};

	if (keeper_status(w->keeper, &s, err) != 0)
		return -1;
	return job_json(job, 200, keys_of(w, &s), err);
}

/* --- told in the proof log ------------------------------------------------ */

static int prove_keys_act(struct worker *w, enum ledger_event event,
			  struct err *err)
{
	const struct act act = {.event = event, .by = LEDGER_STAFF};

	return prove(w, &act, err);
}

/* The keeper does it between the entry and its commit: what cannot be written
 * does not happen. */
typedef int (*keeper_act)(struct worker *w, const void *what, struct err *err);

static int act_and_tell(struct worker *w, enum ledger_event event,
			keeper_act body, const void *what, struct err *err)
{
	if (worker_begin(w, err) != 0)
		return -1;
	if (prove_keys_act(w, event, err) != 0 || prove_write(w, err) != 0 ||
	    body(w, what, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	return worker_commit(w, err);
}

static int is_locked(struct worker *w, bool *ret, struct err *err)
{
	struct keeper_status s = {0};

	if (keeper_status(w->keeper, &s, err) != 0)
		return -1;
	*ret = s.locked;
	return 0;
}

/* --- acts ----------------------------------------------------------------- */

static int lock_keeper(struct worker *w, const void *what, struct err *err)
{
	(void)what;
	return keeper_lock(w->keeper, err);
}

/* What is locked is not locked once more. */
int api_keys_lock(struct worker *w, struct job *job, struct err *err)
{
	bool locked = false;

	if (is_locked(w, &locked, err) != 0 ||
	    (!locked &&
	     act_and_tell(w, LEDGER_KEYS_LOCKED, lock_keeper, NULL, err) != 0))
		return -1;
	return api_keys_get(w, job, err);
}

static int unlock_keeper(struct worker *w, const void *what, struct err *err)
{
	const char *passphrase = what;

	return keeper_unlock(w->keeper, passphrase, strlen(passphrase), err);
}

static int unlock(struct worker *w, const char *passphrase, struct err *err)
{
	bool locked = false;

	if (is_locked(w, &locked, err) != 0)
		return -1;
	return locked ? act_and_tell(w, LEDGER_KEYS_UNLOCKED, unlock_keeper,
				     passphrase, err)
		      : unlock_keeper(w, passphrase, err);
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
	rc = unlock(w, passphrase, err);
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

static int rotate(struct worker *w, int64_t epoch, struct err *err)
{
	if (worker_begin(w, err) != 0)
		return -1;
	if (prove_rotation(w, epoch, err) != 0 || prove_write(w, err) != 0 ||
	    keeper_rotate(w->keeper, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	return worker_commit(w, err);
}

int api_keys_rotate(struct worker *w, struct job *job, struct err *err)
{
	struct keeper_status s = {0};

	if (keeper_status(w->keeper, &s, err) != 0 ||
	    rotate(w, (int64_t)s.root_epoch + 1, err) != 0)
		return -1;
	return api_keys_get(w, job, err);
}
