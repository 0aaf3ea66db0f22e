/* package.h - the copy of a person's data (Art. 15, 20 GDPR; compliance 2.2).
 *
 * A ZIP of manifest, JSON, CSV, pages that read like a chat, and media, sealed
 * under a one-off key in packages/, written in slices of the worker's loop.
 * One link opens it, once; then, or when it expires, file and key go. */
#ifndef POSTERN_PACKAGE_PACKAGE_H
#define POSTERN_PACKAGE_PACKAGE_H

#include "worker/worker.h"

enum package_kind { PACKAGE_ACCESS, PACKAGE_PORTABILITY };
enum package_state {
	PACKAGE_MAKING,
	PACKAGE_READY,
	PACKAGE_FETCHED,
	PACKAGE_EXPIRED,
	PACKAGE_FAILED,
};
struct package_order {
	int64_t request, person;
	enum package_kind kind;
	const char *language; /* "de", "en" */
};
/* In the caller's transaction. */
int package_begin(struct worker *w, const struct package_order *order,
		  int64_t *ret_id, struct err *err);

struct package_view {
	int64_t id;
	enum package_state state;
	int64_t messages, of_messages; /* progress */
	int64_t bytes, ready_ms, expires_ms;
	uint8_t sha256[32], manifest[32];
};
int package_of_request(struct worker *w, int64_t request,
		       struct package_view *ret, bool *ret_found,
		       struct err *err);
/*
 * package_link - a new one-time link; the one before is dead then.
 *
 * ret: what follows the public address: "/privacy/paket/<secret>".  Only its
 * keyed hash is stored.  In the caller's transaction.
 */
#define PACKAGE_LINK_BYTES 96
int package_link(struct worker *w, int64_t id, char ret[PACKAGE_LINK_BYTES],
		 struct err *err);
/* Deletes file, key and link; in the transaction, file after the commit. */
int package_forget_person(struct worker *w, int64_t person, struct err *err);

/* A turn of the loop: making, expiry. */
int package_step(struct worker *w, bool *ret_moved, struct err *err);
int64_t package_due_in_ms(const struct worker *w);

#endif
