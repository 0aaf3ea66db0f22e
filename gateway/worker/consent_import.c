/* consent_import.c - rows of an import: judged, written, sealed. */
#include "consent_import.h"

#include <sodium.h>

#include "store/family.h"
#include "figures.h"
#include "inbound.h"
#include "notice.h"
#include "postern/jsonmem.h"
#include "postern/log.h"
#include "prove.h"

#define EVIDENCE_BYTES_MAX (1024u * 1024)
/* A controller's clock may be a little ahead of ours. */
#define AHEAD_MS INT64_C(300000)

static const char known_sql[] =
    PERSON_FAMILY "SELECT 1 FROM consent_event WHERE person IN"
		  " (SELECT id FROM family) AND purpose=? AND channel=?"
		  " AND kind=? AND method='import' AND at_ms=? LIMIT 1";
static const char evidence_sql[] =
    "UPDATE consent_event SET evidence_sealed=? WHERE id=?";
static const char address_sql[] =
    "UPDATE address SET address_sealed=? WHERE id=?";

struct import {
	struct worker *w;
	struct consent_import_row *rows;
	size_t len;
	struct keeper_batch *indexed, *sealed;
	struct identity identity;
	struct buf clear;
	bool seals;
};

const char *consent_imported_name(enum consent_imported result)
{
	static const char *const names[] = {
	    [IMPORT_ACCEPTED] = "accepted",	[IMPORT_KNOWN] = "known",
	    [IMPORT_SUPPRESSED] = "suppressed", [IMPORT_UNPROVEN] = "unproven",
	    [IMPORT_EXPIRED] = "expired",	[IMPORT_REFUSED] = "refused",
	};

	return names[result];
}

static int end(struct consent_import_row *row, enum consent_imported result,
	       const char *field, const char *what, const char *want)
{
	row->result = result;
	row->field = field;
	row->what = what;
	row->want = want;
	return 0;
}

static bool goes_on(const struct consent_import_row *row)
{
	return row->result == IMPORT_ACCEPTED;
}

/* --- what the policy says of the row alone -------------------------------- */

static void judge_alone(struct import *in, struct consent_import_row *row)
{
	struct policy_purpose purpose;

	if (!goes_on(row))
		return;
	if (worker_channel_index(in->w, row->of.channel.text) < 0)
		(void)end(row, IMPORT_REFUSED, "channel", "is not set up",
			  "a channel of postern.yaml");
	else if (!policy_purpose_of(in->w->policy, &row->of.purpose,
				    &row->of.channel, &purpose))
		(void)end(row, IMPORT_REFUSED, "purpose", "is not known",
			  "a purpose of the policy");
	else if (purpose.basis != LEGAL_BASIS_CONSENT && !purpose.marketing)
		(void)end(row, IMPORT_REFUSED, "purpose",
			  "does not rest on a consent",
			  "a purpose with basis: consent");
	else if (row->at_ms > worker_now(in->w) + AHEAD_MS)
		(void)end(row, IMPORT_REFUSED,
			  row->withdrawn ? "withdrawn_at" : "given_at",
			  "is in the future", "when it happened");
}

/* --- who it is about ------------------------------------------------------ */

static int index_all(struct import *in, struct err *err)
{
	const char *country = in->w->settings->controller.country;
	bool any = false;

	for (size_t i = 0; i < in->len; i++) {
		struct consent_import_row *row = &in->rows[i];

		judge_alone(in, row);
		if (!goes_on(row))
			continue;
		row->slot =
		    keeper_add_index(in->indexed, row->kind, country,
				     row->address, strlen(row->address));
		any = true;
	}
	return any && keeper_run(in->indexed, err) != 0 ? keeper_failed(err)
							: 0;
}

static int party_of(struct import *in, struct consent_import_row *row,
		    struct identity_party *ret, struct err *err)
{
	const uint8_t *hash = NULL;
	struct err why = {0};
	size_t len = 0;

	*ret = (struct identity_party){0};
	if (keeper_result(in->indexed, row->slot, &hash, &len, &why) == 0 &&
	    len == IDENTITY_HASH_BYTES) {
		identity_party_add(ret, row->kind, row->address, hash);
		return 0;
	}
	if (why.kind != ERR_INPUT) {
		*err = why;
		return keeper_failed(err);
	}
	return end(row, IMPORT_REFUSED, "address", "is no address of its kind",
		   "another spelling of it");
}

/* --- what is known of them ------------------------------------------------ */

/* Rule 1.  Whoever is not a person here may still be on the list. */
static int judge_said(struct import *in, struct consent_import_row *row,
		      const struct party *party, struct err *err)
{
	bool stopped = false;

	if (consent_suppressed(in->w, party, &row->of, &stopped, err) != 0)
		return -1;
	if (!stopped && row->of.person != 0 &&
	    consent_stopped(in->w, &row->of, &stopped, err) != 0)
		return -1;
	if (stopped)
		(void)end(row, IMPORT_SUPPRESSED, NULL, NULL, NULL);
	return 0;
}

static int judge_known(struct import *in, struct consent_import_row *row,
		       struct err *err)
{
	bool known = false;
	int64_t one;

	if (row->of.person == 0)
		return 0;
	if (store_one_int(
		in->w->store, known_sql,
		STORE_ARGS(S_INT(row->of.person), S_TEXT(row->of.purpose.text),
			   S_TEXT(row->of.channel.text),
			   S_TEXT(row->withdrawn ? "withdrawn" : "given"),
			   S_INT(row->at_ms)),
		&one, &known, err) != 0)
		return -1;
	if (known)
		(void)end(row, IMPORT_KNOWN, NULL, NULL, NULL);
	return 0;
}

/* Rules 2 and 3. */
static int judge_proof(struct import *in, struct consent_import_row *row,
		       struct err *err)
{
	int64_t until_ms = consent_until(in->w, &row->of, row->at_ms);
	struct consent_view view = {0};

	if (row->wording == NULL)
		return end(row, IMPORT_UNPROVEN, "wording", "is missing",
			   "what the person was shown, word for word");
	if (row->evidence == NULL)
		return end(row, IMPORT_UNPROVEN, "evidence", "is missing",
			   "who holds which proof that they agreed");
	if (until_ms != 0 && until_ms <= worker_now(in->w))
		return end(row, IMPORT_EXPIRED, NULL, NULL, NULL);
	if (row->of.person == 0 || row->guardian)
		return 0;
	if (consent_view_of(in->w, &row->of, CONSENT_NOW, &view, err) != 0)
		return -1;
	if (view.minor)
		return end(row, IMPORT_UNPROVEN, "by",
			   "is nobody who may agree for a minor", "guardian");
	return 0;
}

/* --- what is written ------------------------------------------------------ */

static int seal_evidence(struct import *in, struct consent_import_row *row,
			 struct err *err)
{
	struct key_ref key = {.person = row->of.person, .year = row->year};
	/* jansson counts references through a pointer that could change. */
	json_t *given = (json_t *)(uintptr_t)row->evidence;
	json_t *evidence =
	    json_pack("{s:s*, s:O}", "prompt", row->wording, "evidence", given);
	int rc;

	buf_clear(&in->clear);
	rc = jsonmem_print(evidence, JSON_COMPACT, &in->clear, err);
	json_decref(evidence);
	if (rc != 0)
		return -1;
	(void)name_set(&key.datenart, CONSENT_DATENART,
		       strlen(CONSENT_DATENART)); /* a constant */
	row->slot =
	    keeper_add_seal(in->sealed, &key, row->event, FIELD_EVIDENCE,
			    in->clear.bytes, in->clear.len);
	in->seals = true;
	return 0;
}

static int add_wording(struct import *in, const struct consent_import_row *row,
		       uint8_t ret[crypto_hash_sha256_BYTES], struct err *err)
{
	struct policy_notice notice = {
	    .name = {.text = "import"},
	    .text = row->wording,
	    .text_len = strlen(row->wording),
	};

	(void)crypto_hash_sha256(notice.sha256, (const uint8_t *)row->wording,
				 notice.text_len);
	if (row->language != NULL)
		(void)snprintf(notice.language, sizeof(notice.language), "%s",
			       row->language);
	memcpy(ret, notice.sha256, sizeof(notice.sha256));
	return notice_add_wording(in->w, &notice, err);
}

static int add_event(struct import *in, struct consent_import_row *row,
		     struct err *err)
{
	uint8_t wording[crypto_hash_sha256_BYTES];
	struct consent_entry entry = {
	    .of = row->of,
	    .kind = row->withdrawn ? "withdrawn" : "given",
	    .by = row->guardian ? "guardian" : "subject",
	    .method = "import",
	    .at_ms = row->at_ms,
	    .language = row->language,
	    .id = worker_id(in->w),
	};

	row->event = entry.id;
	row->year = env_year(worker_now(in->w));
	if (row->wording != NULL) {
		if (add_wording(in, row, wording, err) != 0)
			return -1;
		entry.wording = wording;
	}
	if (row->evidence != NULL) {
		entry.key_person = row->of.person;
		entry.year = row->year;
		if (seal_evidence(in, row, err) != 0)
			return -1;
	}
	if (!row->withdrawn)
		entry.until_ms = consent_until(in->w, &row->of, row->at_ms);
	if (consent_add(in->w, &entry, err) != 0 ||
	    figure_add_of(in->w, row->of.person, row->of.channel.text,
			  "consent.imported", row->of.purpose.text, err) != 0)
		return -1;
	return consent_tell(in->w, &row->of, entry.kind, err);
}

/* An end is entered for good, and needs no person for it. */
static int withdraw(struct import *in, struct consent_import_row *row,
		    const struct party *party, struct err *err)
{
	const struct consent_entered e = {
	    .scope = row->of.purpose.text,
	    .channel = &row->of.channel,
	    .reason = "import",
	    .since_ms = row->at_ms,
	};

	if (consent_suppress_party(in->w, party, &e, err) != 0)
		return -1;
	if (row->of.person == 0)
		return 0;
	if (consent_suppress(in->w, row->of.person, e.scope, e.channel,
			     e.reason, e.since_ms, err) != 0)
		return -1;
	return add_event(in, row, err);
}

static int give(struct import *in, struct consent_import_row *row,
		const struct identity_party *who, struct err *err)
{
	enum consent_state state;

	if (row->of.person == 0 &&
	    identity_resolve(&in->identity, who, worker_now(in->w), true,
			     &row->of.person, err) != 0)
		return -1;
	if (add_event(in, row, err) != 0 ||
	    consent_state_of(in->w, &row->of, CONSENT_NOW, &state, err) != 0)
		return -1;
	return consent_is_valid(state) ? consent_release(in->w, &row->of, err)
				       : 0;
}

/* --- one row after the other ---------------------------------------------- */

static int take(struct import *in, struct consent_import_row *row,
		struct err *err)
{
	const struct party party = {
	    .addresses = {{.kind = row->kind, .text = row->address}},
	    .addresses_len = 1};
	struct identity_party who;

	if (party_of(in, row, &who, err) != 0)
		return -1;
	if (!goes_on(row))
		return 0;
	/* Whose it is today: what a file says of then may have gone over to
	 * somebody else. */
	if (identity_resolve(&in->identity, &who, worker_now(in->w), false,
			     &row->of.person, err) != 0 ||
	    judge_known(in, row, err) != 0)
		return -1;
	if (!goes_on(row))
		return 0;
	if (row->withdrawn)
		return withdraw(in, row, &party, err);
	if (judge_said(in, row, &party, err) != 0 ||
	    (goes_on(row) && judge_proof(in, row, err) != 0))
		return -1;
	return goes_on(row) ? give(in, row, &who, err) : 0;
}

static int write_sealed(struct import *in, size_t slot, const char *sql,
			int64_t id, struct err *err)
{
	const uint8_t *sealed = NULL;
	size_t len = 0;

	if (keeper_result(in->sealed, slot, &sealed, &len, err) != 0)
		return keeper_failed(err);
	return store_run(in->w->store, sql,
			 STORE_ARGS(S_BLOB(sealed, len), S_INT(id)), err);
}

/* What is sealed follows at once for all: a new key is a write to disk. */
static int seal_all(struct import *in, struct err *err)
{
	size_t slots[CONSENT_IMPORT_ROWS_MAX];
	struct key_ref key = {0};

	(void)name_set(&key.datenart, IDENTITY_DATENART,
		       strlen(IDENTITY_DATENART)); /* a constant */
	for (size_t i = 0; i < in->identity.made_len; i++) {
		const struct identity_made *made = &in->identity.made[i];

		key.person = made->person;
		key.year = made->year;
		slots[i] = keeper_add_seal(in->sealed, &key, made->address,
					   FIELD_ADDRESS, made->text,
					   strlen(made->text));
		in->seals = true;
	}
	prove_ask(in->w, in->sealed);
	in->seals |= prove_wants(in->w);
	if (in->seals && keeper_run(in->sealed, err) != 0)
		return keeper_failed(err);
	if (prove_take(in->w, in->sealed, err) != 0)
		return -1;
	for (size_t i = 0; i < in->identity.made_len; i++)
		if (write_sealed(in, slots[i], address_sql,
				 in->identity.made[i].address, err) != 0)
			return -1;
	for (size_t i = 0; i < in->len; i++)
		if (in->rows[i].event != 0 && in->rows[i].evidence != NULL &&
		    write_sealed(in, in->rows[i].slot, evidence_sql,
				 in->rows[i].event, err) != 0)
			return -1;
	return 0;
}

static int prove_rows(struct import *in, enum ledger_event event, size_t rows,
		      struct err *err)
{
	const struct act act = {
	    .event = event, .by = LEDGER_STAFF, .counted = true, .count = rows};

	return prove(in->w, &act, err);
}

static int states(struct import *in, struct err *err)
{
	size_t accepted = 0, suppressed = 0;

	for (size_t i = 0; i < in->len; i++) {
		struct consent_import_row *row = &in->rows[i];

		row->state = CONSENT_UNKNOWN;
		accepted += row->result == IMPORT_ACCEPTED;
		suppressed += row->result == IMPORT_SUPPRESSED;
		if (row->result != IMPORT_REFUSED && row->of.person != 0 &&
		    consent_state_of(in->w, &row->of, CONSENT_NOW, &row->state,
				     err) != 0)
			return -1;
	}
	LOG(LOG_LEVEL_INFO, "consent.imported", LOG_NUM("rows", in->len),
	    LOG_NUM("accepted", accepted));
	if (accepted > 0 &&
	    prove_rows(in, LEDGER_IMPORT_MADE, accepted, err) != 0)
		return -1;
	return suppressed > 0
		   ? prove_rows(in, LEDGER_IMPORT_SUPPRESSED, suppressed, err)
		   : 0;
}

int consent_import(struct worker *w, struct consent_import_row *rows,
		   size_t len, struct err *err)
{
	struct import in = {
	    .w = w,
	    .rows = rows,
	    .len = len,
	    .identity = {.w = w},
	    .clear = BUF_INIT(EVIDENCE_BYTES_MAX),
	};
	int rc = -1;

	if (keeper_batch_new(w->keeper, &in.indexed, err) != 0 ||
	    keeper_batch_new(w->keeper, &in.sealed, err) != 0 ||
	    index_all(&in, err) != 0)
		goto out;
	for (size_t i = 0; i < len; i++)
		if (goes_on(&rows[i]) && take(&in, &rows[i], err) != 0)
			goto out;
	if (seal_all(&in, err) != 0)
		goto out;
	rc = states(&in, err);
out:
	identity_free(&in.identity);
	buf_free(&in.clear);
	keeper_batch_free(&in.indexed);
	keeper_batch_free(&in.sealed);
	return rc;
}
