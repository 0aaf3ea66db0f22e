/* identity.c - addresses, persons and what joins or parts them. */
#include "identity.h"

#include <assert.h>

#include "prove.h"

/* Who has an address at a time: the row that ends first after it.  An open
 * row ends last, so an event that comes late still finds the owner of its
 * own time. */
static const char find_sql[] =
    "SELECT person, to_ms FROM address"
    " WHERE address_hash=? AND (to_ms IS NULL OR to_ms>?)"
    " ORDER BY coalesce(to_ms, 9223372036854775807), id LIMIT 1";
static const char has_kind_sql[] =
    "SELECT 1 FROM address WHERE person=? AND kind=? AND to_ms IS NULL"
    " LIMIT 1";
static const char close_sql[] =
    "UPDATE address SET to_ms=CASE WHEN from_ms>? THEN from_ms ELSE ? END"
    " WHERE person=? AND address_hash=? AND to_ms IS NULL";
static const char person_sql[] =
    "INSERT INTO person(id,created_ms,year) VALUES(?,?,?)";
static const char address_sql[] =
    "INSERT INTO address(id,person,key_person,kind,address_hash,year,"
    "address_sealed,from_ms) VALUES(?,?,?,?,?,?,?,?)";

struct owner {
	int64_t person; /* 0: nobody */
	bool past;	/* the address has another owner, or none, today */
};

void identity_free(struct identity *id)
{
	free(id->made);
	id->made = NULL;
	id->made_len = id->made_size = 0;
}

static bool same(const struct identity_address *a,
		 const struct identity_address *b)
{
	return memcmp(a->hash, b->hash, IDENTITY_HASH_BYTES) == 0;
}

static bool party_has(const struct identity_party *party,
		      const struct identity_address *a)
{
	for (size_t i = 0; i < party->len; i++)
		if (same(&party->addresses[i], a))
			return true;
	return false;
}

static bool party_has_kind(const struct identity_party *party, const char *kind)
{
	for (size_t i = 0; i < party->len; i++)
		if (strcmp(party->addresses[i].kind, kind) == 0)
			return true;
	return false;
}

void identity_party_add(struct identity_party *party, const char *kind,
			const char *text,
			const uint8_t hash[IDENTITY_HASH_BYTES])
{
	struct identity_address a = {.kind = kind, .text = text};

	memcpy(a.hash, hash, IDENTITY_HASH_BYTES);
	if (party->len < PARTY_ADDRESSES_MAX && !party_has(party, &a))
		party->addresses[party->len++] = a;
}

static int find(struct identity *id, const struct identity_address *a,
		int64_t at_ms, struct owner *ret, struct err *err)
{
	struct store *st = id->w->store;
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(
		st, find_sql,
		STORE_ARGS(S_BLOB(a->hash, IDENTITY_HASH_BYTES), S_INT(at_ms)),
		&rows, err) != 0)
		return -1;
	rc = store_step(st, rows, err);
	*ret = (struct owner){0};
	if (rc > 0) {
		ret->person = store_column(st, rows, 0).num;
		ret->past = store_column(st, rows, 1).type != STORE_NULL;
	}
	store_finish(st, &rows);
	return rc < 0 ? -1 : 0;
}

/* Has the person an address today of a kind that stands before place in the
 * party's order? */
static int has_stronger(struct identity *id, int64_t person,
			const struct identity_party *party, size_t place,
			bool *ret, struct err *err)
{
	int64_t one = 0;
	bool found = false;

	for (size_t i = 0; i < place && !found; i++)
		if (store_one_int(id->w->store, has_kind_sql,
				  STORE_ARGS(S_INT(person),
					     S_TEXT(party->addresses[i].kind)),
				  &one, &found, err) != 0)
			return -1;
	*ret = found;
	return 0;
}

static int close_address(struct identity *id, int64_t person,
			 const struct identity_address *a, int64_t at_ms,
			 struct err *err)
{
	return store_run(id->w->store, close_sql,
			 STORE_ARGS(S_INT(at_ms), S_INT(at_ms), S_INT(person),
				    S_BLOB(a->hash, IDENTITY_HASH_BYTES)),
			 err);
}

static int make_room(struct identity *id, struct err *err)
{
	size_t size = id->made_size > 0 ? 2 * id->made_size : 64;
	struct identity_made *made;

	if (id->made_len < id->made_size)
		return 0;
	made = realloc(id->made, size * sizeof(*made));
	if (made == NULL)
		return ERR_SET(err, ERR_NOMEM, "new addresses", 0);
	id->made = made;
	id->made_size = size;
	return 0;
}

static int attach(struct identity *id, int64_t person,
		  const struct identity_address *a, int64_t at_ms,
		  struct err *err)
{
	int64_t address = worker_id(id->w);
	uint16_t year = env_year(worker_now(id->w));

	if (make_room(id, err) != 0)
		return -1;
	if (store_run(id->w->store, address_sql,
		      STORE_ARGS(S_INT(address), S_INT(person), S_INT(person),
				 S_TEXT(a->kind),
				 S_BLOB(a->hash, IDENTITY_HASH_BYTES),
				 S_INT(year), S_BLOB(NULL, 0), S_INT(at_ms)),
		      err) != 0)
		return -1;
	id->made[id->made_len++] = (struct identity_made){
	    .address = address,
	    .person = person,
	    .year = year,
	    .text = a->text,
	};
	return 0;
}

static int new_person(struct identity *id, int64_t *ret, struct err *err)
{
	int64_t person = worker_id(id->w), now_ms = worker_now(id->w);

	if (store_run(id->w->store, person_sql,
		      STORE_ARGS(S_INT(person), S_INT(now_ms),
				 S_INT(env_year(now_ms))),
		      err) != 0)
		return -1;
	*ret = person;
	return 0;
}

/* Of a split: an address of from's is into's now.  Committed to under the key
 * of into. */
static int prove_identity(struct identity *id, enum ledger_event event,
			  int64_t from, int64_t into, struct err *err)
{
	struct id_text texts[2];
	const struct act_fact facts[] = {
	    {"from", texts[0].text, 0},
	    {"into", texts[1].text, 0},
	};
	const struct act act = {
	    .event = event,
	    .person = into,
	    .facts = facts,
	    .facts_len = sizeof(facts) / sizeof(facts[0]),
	};

	id_format(&id->w->mask, ID_PERSON, from, &texts[0]);
	id_format(&id->w->mask, ID_PERSON, into, &texts[1]);
	return prove(id->w, &act, err);
}

/* Makes from a part of into.  Keys stay: old rows keep key_person.  What was
 * withdrawn stays withdrawn, and one conversation per channel stays open. */
static int join(struct identity *id, int64_t from, int64_t into,
		struct err *err)
{
	static const char close_twins_sql[] =
	    "UPDATE conversation SET state='closed', closed_ms=?"
	    " WHERE person=? AND state='open' AND channel IN"
	    " (SELECT channel FROM conversation"
	    "  WHERE person=? AND state='open')";
	static const char *const move_sql[] = {
	    "UPDATE person SET joined_into=? WHERE id=?",
	    "UPDATE address SET person=? WHERE person=?",
	    "UPDATE conversation SET person=? WHERE person=?",
	    "UPDATE consent_event SET person=? WHERE person=?",
	    "UPDATE notice_sent SET person=? WHERE person=?",
	    "UPDATE restriction SET person=? WHERE person=?",
	};
	struct store *st = id->w->store;

	assert(from != into);
	if (store_run(
		st, close_twins_sql,
		STORE_ARGS(S_INT(worker_now(id->w)), S_INT(from), S_INT(into)),
		err) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(move_sql) / sizeof(move_sql[0]); i++)
		if (store_run(st, move_sql[i],
			      STORE_ARGS(S_INT(into), S_INT(from)), err) != 0)
			return -1;
	id->joined++;
	return prove_identity(id, LEDGER_IDENTITY_JOINED, from, into, err);
}

/* Takes one address away from its owner and gives it to person. */
static int move_over(struct identity *id, int64_t owner, int64_t person,
		     const struct identity_address *a, int64_t at_ms,
		     struct err *err)
{
	if (close_address(id, owner, a, at_ms, err) != 0 ||
	    attach(id, person, a, at_ms, err) != 0)
		return -1;
	id->split++;
	return prove_identity(id, LEDGER_IDENTITY_SPLIT, owner, person, err);
}

/* Brings the address at place to person, by rule 1. */
static int adopt(struct identity *id, int64_t person,
		 const struct identity_party *party, size_t place,
		 struct owner *owners, int64_t at_ms, struct err *err)
{
	const struct identity_address *a = &party->addresses[place];
	int64_t owner = owners[place].person;
	bool stronger = false;

	if (owner == person || owners[place].past)
		return 0;
	if (owner == 0)
		return attach(id, person, a, at_ms, err);
	if (has_stronger(id, owner, party, place, &stronger, err) != 0)
		return -1;
	if (stronger)
		return move_over(id, owner, person, a, at_ms, err);
	if (join(id, owner, person, err) != 0)
		return -1;
	for (size_t i = 0; i < party->len; i++)
		if (owners[i].person == owner)
			owners[i].person = person;
	return 0;
}

/* Rule 2: may the owner of a weak address be the sender? */
static int choose(struct identity *id, const struct identity_party *party,
		  size_t place, struct owner *owners, int64_t at_ms,
		  bool create, int64_t *ret_person, struct err *err)
{
	int64_t person = owners[place].person;
	bool stronger = false;

	if (has_stronger(id, person, party, place, &stronger, err) != 0)
		return -1;
	if (!stronger) {
		*ret_person = person;
		return 0;
	}
	*ret_person = 0;
	if (!create)
		return 0;
	if (!owners[place].past) {
		if (close_address(id, person, &party->addresses[place], at_ms,
				  err) != 0)
			return -1;
		owners[place].person = 0;
		id->split++;
	}
	if (new_person(id, ret_person, err) != 0)
		return -1;
	return owners[place].past ? 0
				  : prove_identity(id, LEDGER_IDENTITY_SPLIT,
						   person, *ret_person, err);
}

int identity_resolve(struct identity *id, const struct identity_party *party,
		     int64_t at_ms, bool create, int64_t *ret_person,
		     struct err *err)
{
	struct owner owners[PARTY_ADDRESSES_MAX] = {0};
	size_t known = party->len;
	int64_t person = 0;

	for (size_t i = party->len; i-- > 0;) {
		if (find(id, &party->addresses[i], at_ms, &owners[i], err) != 0)
			return -1;
		if (owners[i].person != 0)
			known = i;
	}
	if (party->len == 0 || (known == party->len && !create)) {
		*ret_person = 0;
		return 0;
	}
	if (known == party->len) {
		if (new_person(id, &person, err) != 0)
			return -1;
	} else if (choose(id, party, known, owners, at_ms, create, &person,
			  err) != 0) {
		return -1;
	}
	for (size_t i = 0; i < party->len && person != 0; i++)
		if (adopt(id, person, party, i, owners, at_ms, err) != 0)
			return -1;
	*ret_person = person;
	return 0;
}

/* The first owner of one of these addresses that are not among fresh. */
static int find_any(struct identity *id, const struct identity_party *party,
		    const struct identity_party *fresh, int64_t at_ms,
		    int64_t *ret, struct err *err)
{
	struct owner owner;

	for (size_t i = 0; i < party->len && *ret == 0; i++) {
		if (party_has(fresh, &party->addresses[i]))
			continue;
		if (find(id, &party->addresses[i], at_ms, &owner, err) != 0)
			return -1;
		*ret = owner.person;
	}
	return 0;
}

static int close_replaced(struct identity *id, int64_t person,
			  const struct identity_party *party,
			  const struct identity_party *fresh, int64_t at_ms,
			  struct err *err)
{
	for (size_t i = 0; i < party->len; i++) {
		const struct identity_address *a = &party->addresses[i];

		if (party_has(fresh, a) || !party_has_kind(fresh, a->kind))
			continue;
		if (close_address(id, person, a, at_ms, err) != 0)
			return -1;
	}
	return 0;
}

int identity_change(struct identity *id, const struct identity_party *sender,
		    const struct identity_party *old,
		    const struct identity_party *fresh, int64_t at_ms,
		    int64_t *ret_person, struct err *err)
{
	int64_t person = 0;
	struct owner owner;

	if (find_any(id, old, fresh, at_ms, &person, err) != 0 ||
	    find_any(id, sender, fresh, at_ms, &person, err) != 0)
		return -1;
	if (person == 0 &&
	    identity_resolve(id, sender, at_ms, true, &person, err) != 0)
		return -1;
	*ret_person = person;
	if (person == 0)
		return 0;
	if (close_replaced(id, person, old, fresh, at_ms, err) != 0 ||
	    close_replaced(id, person, sender, fresh, at_ms, err) != 0)
		return -1;
	/* A new number may have been somebody else's: it moves over alone,
	 * the two persons are not made one. */
	for (size_t i = 0; i < fresh->len; i++) {
		const struct identity_address *a = &fresh->addresses[i];

		if (find(id, a, INT64_MAX - 1, &owner, err) != 0)
			return -1;
		if (owner.person == person)
			continue;
		if (owner.person == 0 ? attach(id, person, a, at_ms, err) != 0
				      : move_over(id, owner.person, person, a,
						  at_ms, err) != 0)
			return -1;
	}
	return 0;
}
