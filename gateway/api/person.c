/* person.c - id and alias always, name and address by policy. */
#include "conversation.h"
#include "mask.h"
#include "postern/jsonmem.h"
#include "show.h"

static const char sql_profile[] =
    "SELECT year, profile_sealed FROM person WHERE id=?";
/* The address in use last; of one message the strongest comes first. */
static const char sql_address[] =
    PERSON_FAMILY "SELECT id, key_person, year, address_sealed FROM address"
		  " WHERE to_ms IS NULL AND person IN (SELECT id FROM family)"
		  " ORDER BY from_ms DESC, id LIMIT 1";

struct sight {
	size_t profile, address;
	bool has_profile, has_address;
};

static int add_profile(struct worker *w, int64_t person,
		       struct keeper_batch *batch, struct sight *ret,
		       struct err *err)
{
	struct key_ref key = {.person = person, .datenart = {DATENART_CONTACT}};
	struct store_rows *rows;
	struct store_value sealed;
	int got;

	if (store_start(w->store, sql_profile, STORE_ARGS(S_INT(person)), &rows,
			err) != 0)
		return -1;
	got = store_step(w->store, rows, err);
	if (got > 0) {
		key.year = (uint16_t)store_column(w->store, rows, 0).num;
		sealed = store_column(w->store, rows, 1);
		ret->has_profile = sealed.len > 0;
		if (ret->has_profile)
			ret->profile =
			    keeper_add_open(batch, &key, person, FIELD_PROFILE,
					    sealed.bytes, sealed.len);
	}
	store_finish(w->store, &rows);
	return got < 0 ? -1 : 0;
}

static int add_address(struct worker *w, int64_t person,
		       struct keeper_batch *batch, struct sight *ret,
		       struct err *err)
{
	struct key_ref key = {.datenart = {DATENART_CONTACT}};
	struct store_rows *rows;
	struct store_value sealed;
	int got;

	if (store_start(w->store, sql_address, STORE_ARGS(S_INT(person)), &rows,
			err) != 0)
		return -1;
	got = store_step(w->store, rows, err);
	if (got > 0) {
		key.person = store_column(w->store, rows, 1).num;
		key.year = (uint16_t)store_column(w->store, rows, 2).num;
		sealed = store_column(w->store, rows, 3);
		ret->has_address = sealed.len > 0;
		if (ret->has_address)
			ret->address = keeper_add_open(
			    batch, &key, store_column(w->store, rows, 0).num,
			    FIELD_ADDRESS, sealed.bytes, sealed.len);
	}
	store_finish(w->store, &rows);
	return got < 0 ? -1 : 0;
}

static json_t *name_of(const struct keeper_batch *batch,
		       const struct sight *sight)
{
	const uint8_t *clear;
	json_t *profile, *name;
	bool no_memory; /* the answer finds out: job.h */
	size_t len;

	if (!sight->has_profile ||
	    keeper_result(batch, sight->profile, &clear, &len, NULL) != 0)
		return json_null();
	profile = jsonmem_load(clear, len, 0, &no_memory);
	name = json_incref(json_object_get(profile, "name"));
	json_decref(profile);
	return name != NULL ? name : json_null();
}

static json_t *address_of(const struct keeper_batch *batch,
			  const struct sight *sight)
{
	const uint8_t *clear;
	json_t *text;
	size_t len;

	if (!sight->has_address ||
	    keeper_result(batch, sight->address, &clear, &len, NULL) != 0)
		return json_null();
	text = json_stringn((const char *)clear, len);
	return text != NULL ? text : json_null();
}

int show_person(struct worker *w, const struct conversation *cnv,
		enum policy_person level, json_t **ret, struct err *err)
{
	const int64_t person = cnv->person;
	struct keeper_batch *batch = NULL;
	struct redaction shown;
	struct sight sight = {0};
	char alias[ALIAS_BYTES];
	json_t *v;
	int rc = -1;

	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	if (level != PERSON_ALIAS &&
	    add_profile(w, person, batch, &sight, err) != 0)
		goto out;
	if (level == PERSON_ADDRESS &&
	    add_address(w, person, batch, &sight, err) != 0)
		goto out;
	if ((sight.has_profile || sight.has_address) &&
	    keeper_run(batch, err) != 0)
		goto out;
	id_alias(&w->mask, person, alias);
	redaction_shown(w->policy, &cnv->channel, &shown);
	v = json_pack("{s:o, s:s, s:o, s:o}", "id",
		      job_json_id(w, ID_PERSON, person), "alias", alias, "name",
		      mask_json(&shown, name_of(batch, &sight)), "address",
		      address_of(batch, &sight));
	if (v == NULL) {
		ERR_SET(err, ERR_NOMEM, "no memory for a person", 0);
		goto out;
	}
	*ret = v;
	rc = 0;
out:
	keeper_batch_free(&batch);
	return rc;
}
