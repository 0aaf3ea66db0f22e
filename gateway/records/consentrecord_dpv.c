/* consentrecord_dpv.c - the rules of a record of ISO/IEC TS 27560 under the
 * GDPR, in names of DPV.
 *
 * Source: compliance 4.1. */
#include "recordfield.h"

#include <string.h>

#include "postern/caldate.h"

/* --- header --------------------------------------------------------------- */

static int check_type(const struct at *up, const json_t *v, const char *term,
		      const char *want)
{
	const struct at at = at_key(up, "@type");

	if (json_object_get(v, "@type") == NULL)
		return at_bad(&at, "is missing", want);
	return has_type(v, term) ? 0 : at_bad(&at, "is another thing", want);
}

static int check_schema(const struct at *up, const json_t *v, const char *want)
{
	const struct at at = at_key(up, "dct:conformsTo");
	const char *text = need_said(up, v, "dct:conformsTo", want);

	if (text == NULL)
		return -1;
	return strcmp(text, want) == 0 ? 0
				       : at_bad(&at, "is another schema", want);
}

static int check_uuid(const struct at *up, const json_t *v)
{
	static const char want[] = "a UUID of version 4";
	const struct at at = at_key(up, "dct:identifier");
	const char *text = need_said(up, v, "dct:identifier", want);

	if (text == NULL)
		return -1;
	return is_uuid4(text) ? 0 : at_bad(&at, "is no such UUID", want);
}

static bool is_address(const char *text)
{
	if (strncmp(text, "tel:", 4) == 0 || strncmp(text, "mailto:", 7) == 0 ||
	    strchr(text, '@') != NULL)
		return true;
	text += *text == '+';
	return strlen(text) >= 6 &&
	       strspn(text, "0123456789 -/()") == strlen(text);
}

static int check_subject(const struct at *up, const json_t *v)
{
	static const char key[] = "dpv:hasDataSubject";
	const struct at at = at_key(up, key);
	const char *text = need_said(up, v, key, "an id that says nothing");

	if (text == NULL)
		return -1;
	return is_address(text)
		   ? at_bad(&at, "is an address", "an id that says nothing")
		   : 0;
}

static const char *place_of(const char *text)
{
	static const char iri[] = "https://w3id.org/dpv/loc#";

	if (strncmp(text, "loc:", 4) == 0)
		return text + 4;
	if (strncmp(text, iri, sizeof(iri) - 1) == 0)
		return text + sizeof(iri) - 1;
	return "";
}

static int check_place(const struct at *at, const json_t *v)
{
	const char *text = said_by(v);

	return text != NULL && is_place(place_of(text))
		   ? 0
		   : at_bad(at, "is no place", "a country such as loc:DE");
}

static int check_basis(const struct at *at, const json_t *v)
{
	static const char want[] = "eu-gdpr:A6-1-a, or eu-gdpr:A9-2-a for "
				   "special categories";
	const char *text = said_by(v);

	if (text == NULL || !consentrecord_is_legal_basis(text))
		return at_bad(at, "is no legal basis of the GDPR", want);
	return strstr(text, "A6-1-a") != NULL || strstr(text, "A9-2-a") != NULL
		   ? 0
		   : at_bad(at, "is a basis that needs no consent", want);
}

static int check_right(const struct at *at, const json_t *v)
{
	const char *text = said_by(v);

	return text != NULL && consentrecord_is_right(text)
		   ? 0
		   : at_bad(at, "is no right of the GDPR",
			    "such as eu-gdpr:A7-3");
}

/* --- notice --------------------------------------------------------------- */

static int check_notice(const struct at *at, const json_t *v)
{
	const struct at in = at_key(at, "dct:language");
	const struct at hash_at = at_key(at, "gw:sha256");
	const char *language, *hash;

	if (check_type(at, v, "ConsentNotice", "dpv:ConsentNotice") != 0)
		return -1;
	language = need_said(at, v, "dct:language", "a language such as de");
	if (language == NULL)
		return -1;
	if (!is_language(language))
		return at_bad(&in, "is no language", "such as de or en-GB");
	if (json_object_get(v, "gw:sha256") == NULL)
		return 0;
	hash = said_by(json_object_get(v, "gw:sha256"));
	return hash != NULL && strlen(hash) == 64 &&
		       strspn(hash, "0123456789abcdef") == 64
		   ? 0
		   : at_bad(&hash_at, "is no SHA-256", "64 hexadecimal digits");
}

/* --- process -------------------------------------------------------------- */

/* A purpose of one's own says which of the vocabulary it is. */
static int check_purpose(const struct at *at, const json_t *v)
{
	static const char want[] = "such as dpv:DirectMarketing";
	const json_t *types = json_object_get(v, "@type");
	const char *text = said_by(v);

	if (text != NULL && dpv_term(text) != NULL &&
	    consentrecord_is_purpose(text))
		return 0;
	for (size_t i = 0; i < many_len(types); i++) {
		text = json_string_value(many_at(types, i));
		if (text != NULL && dpv_term(text) != NULL &&
		    consentrecord_is_purpose(text))
			return 0;
	}
	return at_bad(at, "is no purpose of DPV 2.3", want);
}

static int check_storage(const struct at *up, const json_t *process)
{
	static const char key[] = "dpv:hasStorageCondition";
	const json_t *all = json_object_get(process, key);
	const struct at at = at_key(up, key);
	bool where = false, how_long = false, gone = false;

	if (many_len(all) == 0)
		return at_bad(&at, "is missing",
			      "dpv:StorageLocation, dpv:StorageDuration and "
			      "dpv:StorageDeletion");
	for (size_t i = 0; i < many_len(all); i++) {
		const json_t *v = many_at(all, i);
		const struct at one = at_index(&at, i);
		bool timed;

		if (has_type(v, "StorageLocation")) {
			where = true;
			if (need_each(&one, v, "dpv:hasLocation",
				      "a country such as loc:DE",
				      check_place) != 0)
				return -1;
		}
		how_long |= has_type(v, "StorageDuration");
		gone |= has_type(v, "StorageDeletion");
		timed = has_type(v, "StorageDuration") ||
			has_type(v, "StorageDeletion");
		if (timed && need_period(&one, v, "dpv:hasDuration") != 0)
			return -1;
	}
	if (!where)
		return at_bad(&at, "does not say where", "dpv:StorageLocation");
	if (!how_long)
		return at_bad(&at, "does not say for how long",
			      "dpv:StorageDuration");
	return gone ? 0
		    : at_bad(&at, "does not say until when it is deleted",
			     "dpv:StorageDeletion");
}

static int check_process(const struct at *at, const json_t *v)
{
	if (!json_is_object(v))
		return at_bad(at, "is no process",
			      "an object with dpv:hasPurpose");
	if (need_each(at, v, "dpv:hasPurpose", "such as dpv:DirectMarketing",
		      check_purpose) != 0 ||
	    need_each(at, v, "dpv:hasPersonalData",
		      "such as pd:TelephoneNumber", check_said) != 0 ||
	    check_storage(at, v) != 0)
		return -1;
	return need_each(at, v, "dpv:hasRecipient", "who gets the data",
			 check_said);
}

/* --- parties -------------------------------------------------------------- */

static const json_t *first_of(const json_t *v, const char *key)
{
	return many_at(json_object_get(v, key), 0);
}

static int check_party(const struct at *at, const json_t *v)
{
	const struct at id_at = at_key(at, "dpv:hasIdentifier");
	const struct at type_at = at_key(at, "@type");

	if (!json_is_object(v))
		return at_bad(at, "is no party", "an object with dpv:hasName");
	if (said_by(json_object_get(v, "@id")) == NULL &&
	    said_by(first_of(v, "dpv:hasIdentifier")) == NULL)
		return at_bad(&id_at, "is missing", "the id of the party");
	if (said_by(first_of(v, "@type")) == NULL)
		return at_bad(&type_at, "is missing",
			      "such as dpv:DataController");
	return need_said(at, v, "dpv:hasName", "the party's name") != NULL ? 0
									   : -1;
}

/* Both vocabularies say where a party is reached. */
static int check_reach(const struct at *at, const json_t *party)
{
	static const char contact[] = "schema:contactPoint";
	const json_t *point = first_of(party, contact);
	const struct at point_at = at_key(at, contact);
	const struct at address_at = at_key(&point_at, "schema:address");
	const json_t *address = first_of(point, "schema:address");

	if (point == NULL)
		point = first_of(party, "dpv:hasContact");
	if (address == NULL)
		address = first_of(party, "schema:address");
	if (address == NULL)
		address = first_of(party, "dpv:hasAddress");
	if (point == NULL ||
	    (said_by(point) == NULL &&
	     said_by(first_of(point, "schema:email")) == NULL &&
	     said_by(first_of(point, "schema:telephone")) == NULL &&
	     said_by(first_of(point, "schema:url")) == NULL))
		return at_bad(&point_at, "does not say how to reach it",
			      "schema:email, schema:telephone or schema:url");
	return said_by(address) != NULL || json_object_size(address) > 1
		   ? 0
		   : at_bad(&address_at, "is missing", "a postal address");
}

static bool is_party(const json_t *party, const char *id)
{
	const char *one = said_by(json_object_get(party, "@id"));
	const char *other = said_by(first_of(party, "dpv:hasIdentifier"));

	return (one != NULL && strcmp(one, id) == 0) ||
	       (other != NULL && strcmp(other, id) == 0);
}

static int check_controller(const struct at *up, const json_t *record,
			    const char *id)
{
	const json_t *all = json_object_get(record, "dpv:hasEntity");
	const struct at list = at_key(up, "dpv:hasEntity");

	for (size_t i = 0; i < many_len(all); i++) {
		const struct at at = at_index(&list, i);

		if (is_party(many_at(all, i), id))
			return check_reach(&at, many_at(all, i));
	}
	return at_bad(&list, "does not have the controller",
		      "a party whose @id is that of dpv:hasDataController");
}

static int check_controllers(const struct at *up, const json_t *record)
{
	static const char key[] = "dpv:hasDataController";
	const json_t *all = json_object_get(record, key);

	if (need_each(up, record, key, "the id of the controller",
		      check_said) != 0 ||
	    need_each(up, record, "dpv:hasEntity", "the parties by id",
		      check_party) != 0)
		return -1;
	for (size_t i = 0; i < many_len(all); i++)
		if (check_controller(up, record, said_by(many_at(all, i))) != 0)
			return -1;
	return 0;
}

/* --- withdrawal, events, the whole ---------------------------------------- */

static int check_withdrawal(const struct at *up, const json_t *record)
{
	static const char key[] = "dpv:hasConsentControl";
	static const char want[] = "dpv:WithdrawConsent with "
				   "dpv:isExercisedAt";
	const json_t *all = json_object_get(record, key);
	const struct at at = at_key(up, key);

	if (many_len(all) == 0)
		return at_bad(&at, "is missing", want);
	for (size_t i = 0; i < many_len(all); i++) {
		const struct at one = at_index(&at, i);

		if (has_type(many_at(all, i), "WithdrawConsent"))
			return need_each(&one, many_at(all, i),
					 "dpv:isExercisedAt",
					 "where to withdraw", check_said);
	}
	return at_bad(&at, "does not say how to withdraw", want);
}

static bool wants_explicit(const json_t *record)
{
	const json_t *all = json_object_get(record, "dpv:hasLegalBasis");

	for (size_t i = 0; i < many_len(all); i++) {
		const char *text = said_by(many_at(all, i));

		if (text != NULL &&
		    (strstr(text, "A9-2-a") != NULL ||
		     strstr(text, "A6-1-a-explicit-consent") != NULL))
			return true;
	}
	return false;
}

static int check_events(const struct at *up, const json_t *record)
{
	static const char key[] = "dpv:hasConsentStatus";
	struct consent_event events[CONSENTRECORD_EVENTS_MAX];
	const json_t *all = json_object_get(record, key);
	const struct at at = at_key(up, key);
	size_t len;

	if (many_len(all) == 0)
		return at_bad(&at, all == NULL ? "is missing" : "is empty",
			      "one event or more");
	return dpv_events(&at, all, wants_explicit(record), events, &len);
}

int dpv_judge(const struct at *top, const json_t *record)
{
	if (check_type(top, record, "ConsentRecord", "dpv:ConsentRecord") !=
		0 ||
	    check_schema(top, record, CONSENTRECORD_SCHEMA) != 0 ||
	    check_uuid(top, record) != 0 || check_subject(top, record) != 0)
		return -1;
	if (need_each(top, record, "dpv:hasNotice", "a dpv:ConsentNotice",
		      check_notice) != 0 ||
	    need_each(top, record, "dpv:hasProcess",
		      "what is done: purpose, data, storage, recipients",
		      check_process) != 0 ||
	    check_controllers(top, record) != 0 ||
	    need_each(top, record, "dpv:hasJurisdiction",
		      "a country such as loc:DE", check_place) != 0)
		return -1;
	if (need_each(top, record, "dpv:hasLegalBasis", "eu-gdpr:A6-1-a",
		      check_basis) != 0 ||
	    may_each(top, record, "dpv:hasRight", check_right) != 0 ||
	    check_withdrawal(top, record) != 0)
		return -1;
	return check_events(top, record);
}

static int check_record(const struct at *at, const json_t *v)
{
	return json_is_object(v)
		   ? dpv_judge(at, v)
		   : at_bad(at, "is no record", "a dpv:ConsentRecord");
}

int dpv_receipt_judge(const struct at *top, const json_t *receipt)
{
	static const char want[] = "date and time, such as "
				   "2026-10-01T08:03:10Z";
	const struct at at = at_key(top, "dct:created");
	const char *created;
	int64_t ms;

	if (check_type(top, receipt, "ConsentReceipt", "dpv:ConsentReceipt") !=
		0 ||
	    check_schema(top, receipt, CONSENTRECEIPT_SCHEMA) != 0 ||
	    check_uuid(top, receipt) != 0)
		return -1;
	created = need_said(top, receipt, "dct:created", want);
	if (created == NULL)
		return -1;
	if (!instant_parse(created, &ms))
		return at_bad(&at, "is no point in time", want);
	return need_each(top, receipt, "dpv:hasRecordOfActivity",
			 "a dpv:ConsentRecord", check_record);
}
