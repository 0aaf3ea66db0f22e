/* identity.h - who wrote: from addresses in a payload to one person.
 *
 * Addresses come strongest first, as the driver lists them; kinds are only
 * compared, never interpreted.  A username or profile name is no evidence.
 *
 * 1. The strongest known address names the person.  A weaker one that belongs
 *    to somebody else joins that person into this one - unless it has a
 *    stronger address of its own, then only the weak address moves over.
 * 2. Only a weaker address is known: its owner gets the stronger ones -
 *    unless the owner has others of that kind: then the weak address has a
 *    new owner, who is a new person.
 * 3. None is known: a new person.
 * Source: channels.md 5.3.
 *
 * All of it happens in the caller's transaction.  New address rows are
 * written with an empty address_sealed and listed in made, for the caller to
 * seal before it commits. */
#ifndef POSTERN_WORKER_IDENTITY_H
#define POSTERN_WORKER_IDENTITY_H

#include "worker.h"

#define IDENTITY_DATENART   "CONTACT"
#define IDENTITY_HASH_BYTES 32

struct identity_address {
	const char *kind; /* static */
	const char *text; /* as the provider spells it; borrowed */
	uint8_t hash[IDENTITY_HASH_BYTES];
};
struct identity_party {
	struct identity_address addresses[PARTY_ADDRESSES_MAX];
	size_t len;
};

struct identity_made {
	int64_t address, person;
	uint16_t year;
	const char *text;
};
struct identity {
	struct worker *w;
	struct identity_made *made;
	size_t made_len, made_size;
	uint64_t joined, split; /* to be counted once committed */
};
void identity_free(struct identity *id);

/* Adds an address unless it is there already. */
void identity_party_add(struct identity_party *party, const char *kind,
			const char *text,
			const uint8_t hash[IDENTITY_HASH_BYTES]);
/*
 * identity_resolve - the person these addresses belonged to at at_ms.
 *
 * create: make one when there is none, else *ret_person is 0 then (and also
 * when a weak address alone contradicts).  Errors are the store's.
 */
int identity_resolve(struct identity *id, const struct identity_party *party,
		     int64_t at_ms, bool create, int64_t *ret_person,
		     struct err *err);
/*
 * identity_change - the provider says that a person has new addresses.
 *
 * The person is found by old, else by sender.  Old addresses of the kinds
 * that come new are closed, the new ones attached.  *ret_person 0: nobody is
 * named, nothing changed.
 */
int identity_change(struct identity *id, const struct identity_party *sender,
		    const struct identity_party *old,
		    const struct identity_party *fresh, int64_t at_ms,
		    int64_t *ret_person, struct err *err);

#endif
