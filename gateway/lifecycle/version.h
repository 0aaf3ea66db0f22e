/* version.h - versions of the policy as the archive keeps them.
 *
 * A row says who wanted what from when, what it would do, who agreed and how
 * it ended.  It is sealed by the keeper: whoever can write to the archive's
 * file but not ask the keeper cannot bring a version into force.  Source:
 * compliance rule 10; 9 R8. */
#ifndef POSTERN_LIFECYCLE_VERSION_H
#define POSTERN_LIFECYCLE_VERSION_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/buf.h"
#include "postern/keeper.h"
#include "postern/name.h"
#include "postern/policy.h"
#include "postern/store.h"

enum version_state {
	VERSION_PROPOSED,
	VERSION_APPROVED, /* by as many as it takes; waits for its moment */
	VERSION_ACTIVE,	  /* in force; there is exactly one */
	VERSION_SUPERSEDED,
	VERSION_STOPPED, /* never came into force */
	VERSION_STATES,
};
const char *version_state_name(enum version_state state);

/* Why a version was stopped; static words. */
#define VERSION_BY_PERSON   "stopped"
#define VERSION_BY_OPERATOR "operator"	/* at the socket of the host */
#define VERSION_OVERTAKEN   "overtaken" /* another came into force first */
#define VERSION_EFFECT	    "effect"	/* more at stake than was approved */
#define VERSION_NAMES	    "names"	/* the settings have changed */
#define VERSION_TAMPERED    "tampered"
#define VERSION_UNREADABLE  "unreadable" /* by this program */

#define VERSION_REASON_BYTES 16
#define VERSION_SEAL_BYTES   32
#define VERSION_BYTES_MAX    (1u << 20)

struct version {
	int64_t id;
	uint8_t digest[POLICY_DIGEST_BYTES];
	struct name name;
	int64_t number; /* "version:" of the file */
	enum version_state state;
	int64_t author; /* token; 0: it came with the installation */
	int64_t base;	/* what it is to replace; 0: nothing */
	int64_t proposed_ms, from_ms;
	int64_t needed, tolerance; /* as base demands */
	bool shortens;
	int64_t due_ms, active_ms, ended_ms; /* 0: not yet */
	int64_t ended_by;		     /* token; 0: nobody */
	char reason[VERSION_REASON_BYTES];   /* "": none */
	int64_t shadow_from_ms, shadow_until_ms;
	char *effect, *recount; /* JSON; NULL: not counted */
	uint8_t seal[VERSION_SEAL_BYTES];
	bool sealed;
};
void version_free(struct version *v);	    /* what is in it */
bool version_open(const struct version *v); /* proposed or approved */

/* --- rows (version.c) ----------------------------------------------------- */

/* *ret_found false: there is none.  Caller frees what is in ret. */
int version_load(struct store *st, int64_t id, struct version *ret,
		 bool *ret_found, struct err *err);
/* The one in force.  ERR_CORRUPT: several, or none beside others. */
int version_in_force(struct store *st, struct version *ret, bool *ret_found,
		     struct err *err);
/* The newest first, below before (INT64_MAX: all), as long as each returns
 * 0; of one state, or of all (VERSION_STATES). */
typedef int version_each(void *ctx, const struct version *v, struct err *err);
int version_walk(struct store *st, int64_t before, enum version_state state,
		 version_each *each, void *ctx, struct err *err);
/* The file. */
int version_bytes(struct store *st, int64_t id, struct buf *ret,
		  struct err *err);
/* How many are proposed or approved. */
int version_count_open(struct store *st, int64_t *ret, struct err *err);

/* --- approvals (version.c) ------------------------------------------------ */

struct approval {
	int64_t actor, at_ms;
	uint8_t seal[VERSION_SEAL_BYTES];
	bool sealed;
};
#define APPROVALS_MAX 16
int version_approvals(struct store *st, int64_t version,
		      struct approval ret[APPROVALS_MAX], size_t *ret_len,
		      struct err *err);

/* --- sealed writes (version_seal.c) --------------------------------------- */

/* Both seal, and write inside the caller's transaction.  ERR_BUSY: the keeper
 * is away. */
int version_add(struct store *st, struct keeper *k, struct version *v,
		const uint8_t *bytes, size_t len, struct err *err);
int version_change(struct store *st, struct keeper *k, struct version *v,
		   struct err *err);
int version_approve(struct store *st, struct keeper *k, const struct version *v,
		    int64_t actor, int64_t at_ms, struct err *err);
/*
 * version_check - is it what was written through here?
 *
 * Its seal, the digest of its bytes, and as many sealed approvals as it needs
 * if it is approved or more.  ERR_BUSY: the keeper is away.
 */
int version_check(struct store *st, struct keeper *k, const struct version *v,
		  bool *ret_good, struct err *err);

#endif
