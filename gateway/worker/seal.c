/* seal.c - round 3: addresses, quarantined bodies and what the plan put into
 * the batch are sealed in one go. */
#include "inbound.h"
#include "prove.h"
#include "quarantine.h"

static void add_quarantined(struct batch *b, struct inbound_item *item)
{
	struct key_ref key;

	quarantine_key(item->received_ms, &key);
	item->quarantine_id = worker_id(b->w);
	item->raw_slot =
	    keeper_add_seal(b->sealed, &key, item->quarantine_id, FIELD_RAW,
			    item->clear, item->clear_len);
}

/* The new address rows get their sealed text. */
static int write_addresses(struct batch *b, const size_t *slots,
			   struct err *err)
{
	static const char sql[] =
	    "UPDATE address SET address_sealed=? WHERE id=?";
	const uint8_t *sealed = NULL;
	size_t len = 0;

	for (size_t i = 0; i < b->identity.made_len; i++) {
		if (keeper_result(b->sealed, slots[i], &sealed, &len, err) != 0)
			return keeper_failed(err);
		if (store_run(b->w->store, sql,
			      STORE_ARGS(S_BLOB(sealed, len),
					 S_INT(b->identity.made[i].address)),
			      err) != 0)
			return -1;
	}
	return 0;
}

int batch_seal(struct batch *b, struct err *err)
{
	struct key_ref key = {0};
	size_t *slots;
	bool any = b->autos_len > 0 || b->consents != NULL;
	int rc = -1;

	slots = calloc(b->identity.made_len + 1, sizeof(*slots));
	if (slots == NULL)
		return ERR_SET(err, ERR_NOMEM, "slots", 0);
	(void)name_set(&key.datenart, IDENTITY_DATENART,
		       strlen(IDENTITY_DATENART));
	for (size_t i = 0; i < b->identity.made_len; i++) {
		const struct identity_made *made = &b->identity.made[i];

		key.person = made->person;
		key.year = made->year;
		slots[i] = keeper_add_seal(b->sealed, &key, made->address,
					   FIELD_ADDRESS, made->text,
					   strlen(made->text));
		any = true;
	}
	for (size_t i = 0; i < b->items_len; i++) {
		if (b->items[i].quarantine == NULL)
			continue;
		add_quarantined(b, &b->items[i]);
		any = true;
	}
	/* Files and profiles are sealed only beside content. */
	for (size_t i = 0; i < b->steps_len && !any; i++)
		any = b->steps[i].content_slot != NO_SLOT ||
		      b->steps[i].kept_slots[0] != NO_SLOT ||
		      b->steps[i].kept_slots[1] != NO_SLOT;
	/* Behind the addresses, which make the keys of who is new. */
	any |= prove_wants(b->w);
	prove_ask(b->w, b->sealed);
	if (any && keeper_run(b->sealed, err) != 0) {
		(void)keeper_failed(err);
		goto out;
	}
	if (prove_take(b->w, b->sealed, err) != 0)
		goto out;
	rc = write_addresses(b, slots, err);
out:
	free(slots);
	return rc;
}
