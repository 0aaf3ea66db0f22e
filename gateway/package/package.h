/* package.h - the copy of a person's data (Art. 15, 20 GDPR; compliance 2.2).
 *
 * A ZIP of manifest, JSON, CSV, pages that read like a chat, and media, sealed
 * under a one-off key in packages/, written in slices of the worker's loop.
 * One link opens it, once; then, or when it expires, file and key go.
 *
 * A row names a file only once that is whole.  What lies in packages/ and has
 * no row - half written when this process died, expired, fetched, forgotten -
 * is removed by package_tidy(); so whoever ends a package only changes its
 * row, in whatever transaction, and no kill leaves anything behind. */
#ifndef POSTERN_PACKAGE_PACKAGE_H
#define POSTERN_PACKAGE_PACKAGE_H

#include "postern/packagefile.h"
#include "worker/worker.h"

enum package_kind { PACKAGE_ACCESS, PACKAGE_PORTABILITY, PACKAGE_KINDS };
const char *package_kind_name(enum package_kind kind);
enum package_state {
	PACKAGE_MAKING,
	PACKAGE_READY,
	PACKAGE_FETCHED,
	PACKAGE_EXPIRED,
	PACKAGE_FAILED,
	PACKAGE_STATES,
};
const char *package_state_name(enum package_state state);
struct package_order {
	int64_t request, person;
	enum package_kind kind;
	const char *language; /* "de", "en" */
};
/* In the caller's transaction.  One of that request and kind that is being
 * made or ready is not made again: *ret_id is that one's. */
int package_begin(struct worker *w, const struct package_order *order,
		  int64_t *ret_id, struct err *err);

struct package_view {
	int64_t id;
	enum package_kind kind;
	enum package_state state;
	int64_t messages, of_messages;		      /* progress */
	int64_t bytes, made_ms, ready_ms, expires_ms; /* 0: not yet */
	uint8_t sha256[32], manifest[32]; /* of the ZIP; of manifest.json */
};
/* The newest one. */
int package_of_request(struct worker *w, int64_t request,
		       struct package_view *ret, bool *ret_found,
		       struct err *err);
/*
 * package_link - a new one-time link; the one before is dead then.
 *
 * ret: what follows the public address: "/privacy/paket/<secret>".  Nothing
 * that is stored tells the secret.  In the caller's transaction.  ERR_ABSENT:
 * it is not ready, or no more.
 */
#define PACKAGE_LINK_PATH  "/privacy/paket/"
#define PACKAGE_LINK_BYTES 96
int package_link(struct worker *w, int64_t id, char ret[PACKAGE_LINK_BYTES],
		 struct err *err);
/* The package was handed out whole to whoever had the secret: it is over.  In
 * the caller's transaction; *ret_found false: no such link (any more). */
int package_fetched(struct worker *w, const char *secret, bool *ret_found,
		    struct err *err);
/* Deletes rows, keys and links; in the transaction.  After its commit
 * package_tidy() removes the files; the next package_step() does it too. */
int package_forget_person(struct worker *w, int64_t person, struct err *err);
int package_tidy(struct worker *w, struct err *err);

/* A turn of the loop: making, expiry. */
int package_step(struct worker *w, bool *ret_moved, struct err *err);
int64_t package_due_in_ms(const struct worker *w);
void package_close(struct worker *w);

#endif
