/* consentrecord_print.c - our own consents as records and receipts.
 *
 * What may stand more than once is always a list: readers that are no
 * JSON-LD processors see one shape.
 *
 * Source: compliance 4.1, 4.6. */
#include "recordfield.h"

#include <string.h>

#include "postern/caldate.h"

static json_t *list_of(json_t *one)
{
	return json_pack("[o]", one);
}

static json_t *prefixed(const char *prefix, const char *text)
{
	return json_sprintf("%s%s", prefix, text);
}

/* --- parties -------------------------------------------------------------- */

static json_t *address_json(const struct consentrecord_party *p)
{
	if (p->street == NULL)
		return NULL;
	return json_pack("{s:s, s:s, s:s*, s:s*, s:s*}", "@type",
			 "schema:PostalAddress", "schema:streetAddress",
			 p->street, "schema:postalCode", p->postal_code,
			 "schema:addressLocality", p->locality,
			 "schema:addressCountry", p->country);
}

static json_t *controller_json(const struct consentrecord_party *p)
{
	/* s*, o* leave out what is NULL. */
	return json_pack(
	    "{s:s, s:s, s:s, s:s, s:[{s:s, s:s*, s:s*, s:s*, s:o*}]}", "@id",
	    p->id, "@type", "dpv:DataController", "dpv:hasName", p->name,
	    "dpv:hasIdentifier", p->id, "schema:contactPoint", "@type",
	    "schema:ContactPoint", "schema:email", p->email, "schema:telephone",
	    p->phone, "schema:url", p->url, "schema:address", address_json(p));
}

static json_t *party_json(const char *id, const char *type, const char *name)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "@id", id, "@type", type,
			 "dpv:hasName", name, "dpv:hasIdentifier", id);
}

#define AUTHORITY_ID "urn:postern:party:authority"

static json_t *parties_json(const struct consent_record *r)
{
	json_t *list = json_pack(
	    "[o, o]", controller_json(&r->controller),
	    party_json(r->recipient_id, "dpv:Recipient", r->recipient_name));

	if (list != NULL && r->authority != NULL &&
	    json_array_append_new(
		list,
		party_json(AUTHORITY_ID, "dpv:Authority", r->authority)) != 0) {
		json_decref(list);
		return NULL;
	}
	return list;
}

/* --- process -------------------------------------------------------------- */

static json_t *data_json(const struct consent_record *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->data_len && list != NULL; i++)
		if (json_array_append_new(list, json_string(r->data[i])) != 0) {
			json_decref(list);
			list = NULL;
		}
	return list;
}

static json_t *storage_json(const struct consent_record *r)
{
	return json_pack("[{s:s, s:[o]}, {s:s, s:s}, {s:s, s:s}]", "@type",
			 "dpv:StorageLocation", "dpv:hasLocation",
			 prefixed("loc:", r->location), "@type",
			 "dpv:StorageDuration", "dpv:hasDuration", r->duration,
			 "@type", "dpv:StorageDeletion", "dpv:hasDuration",
			 r->deletion);
}

static json_t *process_json(const struct consent_record *r)
{
	return json_pack(
	    "{s:s, s:s, s:[o], s:o, s:[s], s:o, s:[s]}", "@type", "dpv:Process",
	    "dct:title", r->purpose_name, "dpv:hasPurpose",
	    prefixed("dpv:", r->purpose), "dpv:hasPersonalData", data_json(r),
	    "dpv:hasRecipient", r->recipient_id, "dpv:hasStorageCondition",
	    storage_json(r), "dpv:hasService", r->service);
}

static json_t *notices_json(const struct consent_record *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->notices_len && list != NULL; i++) {
		const struct consentrecord_notice *n = &r->notices[i];

		if (json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:s*, s:s, s:s*, s:s*}", "@id",
				  n->iri, "@type", "dpv:ConsentNotice",
				  "dct:date", n->date, "dct:language",
				  n->language, "gw:sha256", n->sha256,
				  "gw:text", n->text)) != 0) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

/* --- events --------------------------------------------------------------- */

static json_t *types_json(const struct consentrecord_happened *e)
{
	if (!consent_is_valid(e->state))
		return list_of(prefixed("dpv:", consent_state_name(e->state)));
	return json_pack("[o, o]",
			 prefixed("dpv:", consent_state_name(e->state)),
			 prefixed("dpv:", consent_type_name(e->type)));
}

/* What the event was about, and what proves it. */
static json_t *proof_json(const struct consentrecord_happened *e)
{
	/* jansson counts references through a pointer that could change. */
	json_t *evidence = (json_t *)(uintptr_t)e->evidence;

	return json_pack("{s:s*, s:s*, s:s*, s:s*, s:O*}", "dpv:hasNotice",
			 e->notice, "gw:promptMessage", e->prompt_id,
			 "gw:answerMessage", e->answer_id, "gw:answer",
			 e->answer, "gw:evidence", evidence);
}

static json_t *event_json(const struct consent_record *r,
			  const struct consentrecord_happened *e)
{
	const char *by =
	    e->guardian ? "dpv:ParentOfDataSubject" : "dpv:DataSubject";
	char at[INSTANT_BYTES];
	json_t *event, *proof = proof_json(e);

	instant_format(e->at_ms, at);
	event = json_pack(
	    "{s:o, s:s, s:s, s:s*, s:{s:s, s:s}}", "@type", types_json(e),
	    "dpv:isIndicatedAtTime", at, "dpv:isIndicatedBy",
	    e->by_controller ? r->controller.id : by, "dpv:hasIndicationMethod",
	    e->method, "dpv:hasDuration", "@type",
	    e->valid != NULL ? "dpv:TemporalDuration"
			     : "dpv:UntilEventDuration",
	    "rdf:value", e->valid != NULL ? e->valid : "withdrawal");
	if (proof == NULL || json_object_update(event, proof) != 0) {
		json_decref(event);
		event = NULL;
	}
	json_decref(proof);
	return event;
}

static json_t *events_json(const struct consent_record *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->events_len && list != NULL; i++)
		if (json_array_append_new(list, event_json(r, &r->events[i])) !=
		    0) {
			json_decref(list);
			list = NULL;
		}
	return list;
}

/* --- the whole ------------------------------------------------------------ */

static json_t *context_json(void)
{
	return json_pack(
	    "[s, {s:s, s:s, s:s, s:s, s:s, s:s, s:s}]",
	    "https://w3id.org/dpv/2.3", "dct", "http://purl.org/dc/terms/",
	    "eu-gdpr", "https://w3id.org/dpv/legal/eu/gdpr#", "pd",
	    "https://w3id.org/dpv/pd#", "loc", "https://w3id.org/dpv/loc#",
	    "schema", "https://schema.org/", "rdf",
	    "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "gw",
	    "urn:postern:terms:");
}

json_t *consentrecord_print(const struct consent_record *r)
{
	/* One call a section: no list of arguments is longer than a hand. */
	json_t *root = json_pack(
	    "{s:o, s:s, s:[s], s:s, s:s, s:s, s:[o], s:[s], s:[s]}", "@context",
	    context_json(), "@id", r->iri, "@type", "dpv:ConsentRecord",
	    "dct:conformsTo", CONSENTRECORD_SCHEMA, "dct:identifier", r->id,
	    "dpv:hasDataSubject", r->subject, "dpv:hasJurisdiction",
	    prefixed("loc:", r->jurisdiction), "dpv:hasApplicableLaw",
	    "eu-gdpr:GDPR", "dpv:hasLegalBasis",
	    r->special ? "eu-gdpr:A9-2-a" : "eu-gdpr:A6-1-a");
	json_t *more = json_pack(
	    "{s:[s], s:o, s:o, s:[o], s:[{s:s, s:[s]}], s:[s,s,s,s,s], s:o}",
	    "dpv:hasDataController", r->controller.id, "dpv:hasEntity",
	    parties_json(r), "dpv:hasNotice", notices_json(r), "dpv:hasProcess",
	    process_json(r), "dpv:hasConsentControl", "@type",
	    "dpv:WithdrawConsent", "dpv:isExercisedAt", r->withdrawal,
	    "dpv:hasRight", "eu-gdpr:A7-3", "eu-gdpr:A15", "eu-gdpr:A17",
	    "eu-gdpr:A21", "eu-gdpr:A77", "dpv:hasConsentStatus",
	    events_json(r));

	if (root == NULL || more == NULL || json_object_update(root, more)) {
		json_decref(root);
		root = NULL;
	}
	json_decref(more);
	return root;
}

json_t *consentreceipt_print(const struct consent_record *r, size_t len,
			     const char *id, int64_t created_ms)
{
	json_t *records = json_array();
	char created[INSTANT_BYTES];

	for (size_t i = 0; i < len && records != NULL; i++)
		if (json_array_append_new(records,
					  consentrecord_print(&r[i])) != 0) {
			json_decref(records);
			records = NULL;
		}
	instant_format(created_ms, created);
	return json_pack(
	    "{s:o, s:o, s:[s], s:s, s:s, s:s, s:o}", "@context", context_json(),
	    "@id", prefixed("urn:uuid:", id), "@type", "dpv:ConsentReceipt",
	    "dct:conformsTo", CONSENTRECEIPT_SCHEMA, "dct:identifier", id,
	    "dct:created", created, "dpv:hasRecordOfActivity", records);
}

/* --- Kantara -------------------------------------------------------------- */

/* The last consent that was given; of a record without one, its last event. */
static const struct consentrecord_happened *last_given(
    const struct consent_record *r)
{
	static const struct consentrecord_happened never = {
	    .state = CONSENT_UNKNOWN};
	const struct consentrecord_happened *ret =
	    r->events_len > 0 ? &r->events[r->events_len - 1] : &never;

	for (size_t i = 0; i < r->events_len; i++)
		if (consent_is_valid(r->events[i].state))
			ret = &r->events[i];
	return ret;
}

static json_t *kantara_controller(const struct consentrecord_party *p)
{
	return json_pack("{s:s, s:b, s:s*, s:{s:s*, s:s*, s:s*, s:s*}, s:s*,"
			 " s:s*}",
			 "piiController", p->name, "onBehalf", 0, "contact",
			 p->contact, "address", "streetAddress", p->street,
			 "postalCode", p->postal_code, "addressLocality",
			 p->locality, "addressCountry", p->country, "email",
			 p->email, "phone", p->phone);
}

static json_t *kantara_purpose(const struct consent_record *r,
			       const struct consentrecord_happened *given)
{
	return json_pack(
	    "{s:s, s:[s], s:s, s:[s,s], s:b, s:s, s:b, s:s}", "purpose",
	    r->purpose_name, "purposeCategory",
	    r->marketing ? "6 - Marketing" : "1 - Core Function", "consentType",
	    "EXPLICIT", "piiCategory", "2 - Contact",
	    "4 - Communications/Social", "primaryPurpose", 1, "termination",
	    given->valid != NULL ? given->valid : "withdrawal",
	    "thirdPartyDisclosure", 1, "thirdPartyName", r->recipient_name);
}

json_t *kantara_print(const struct consent_record *r, const char *id)
{
	const struct consentrecord_happened *given = last_given(r);
	json_t *root = json_pack(
	    "{s:s, s:s, s:I, s:s, s:s, s:s, s:s}", "version", KANTARA_VERSION,
	    "jurisdiction", r->jurisdiction, "consentTimestamp",
	    (json_int_t)(given->at_ms / 1000), "collectionMethod",
	    given->method != NULL ? given->method : "unknown",
	    "consentReceiptID", id, "language", r->language, "piiPrincipalId",
	    r->subject);
	json_t *more = json_pack(
	    "{s:[o], s:s*, s:[{s:s, s:[o]}], s:b, s:o}", "piiControllers",
	    kantara_controller(&r->controller), "policyUrl", r->policy_url,
	    "services", "service", r->service, "purposes",
	    kantara_purpose(r, given), "sensitive", r->special, "spiCat",
	    r->special ? json_pack("[s]", "Art. 9(1) GDPR") : json_array());

	if (root == NULL || more == NULL || json_object_update(root, more)) {
		json_decref(root);
		root = NULL;
	}
	json_decref(more);
	return root;
}
