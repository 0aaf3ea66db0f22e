/* consentrecord.h - records of consent as others write and read them: ISO/IEC
 * TS 27560 in the names of the Data Privacy Vocabulary 2.3 (JSON-LD), and the
 * Kantara Consent Receipt 1.1.
 *
 * Pure: a value in, a verdict or a value out.  Nothing of a record is in a
 * verdict but the names of its fields.
 *
 * Source: compliance 4.1, 4.2, 4.6. */
#ifndef POSTERN_CONSENTRECORD_H
#define POSTERN_CONSENTRECORD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/consent.h"

#define CONSENTRECORD_SCHEMA \
	"https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr"
#define CONSENTRECEIPT_SCHEMA \
	"https://w3id.org/dpv/schema/dpv-27560#receipt-eu-gdpr"
#define KANTARA_VERSION "KI-CR-v1.1.0"

/* --- reading -------------------------------------------------------------- */

enum consentrecord_form {
	CONSENTRECORD_DPV,
	CONSENTRECORD_DPV_RECEIPT, /* a list of records */
	CONSENTRECORD_KANTARA,
	CONSENTRECORD_FORMS,
};
/* "record", "receipt", "kantara". */
const char *consentrecord_form_name(enum consentrecord_form form);
/* What it claims to be; false: none of them. */
bool consentrecord_form_of(const json_t *value, enum consentrecord_form *ret);

#define CONSENTRECORD_FIELD_BYTES 160
/* The first thing that is wrong; what and want are static. */
struct consentrecord_fault {
	char field[CONSENTRECORD_FIELD_BYTES]; /* "a[0].b"; "": the whole */
	const char *what, *want;
};

/* 0: every rule holds; -1 with *ret.  A fault is of the record, never of the
 * machine: nothing is allocated. */
int consentrecord_judge(const json_t *value, enum consentrecord_form form,
			struct consentrecord_fault *ret);

#define CONSENTRECORD_EVENTS_MAX 256
/* The events of dpv:hasConsentStatus in the order of the list, which is that
 * of the log for consent_state_at().  As consentrecord_judge(). */
int consentrecord_events(const json_t *list,
			 struct consent_event ret[CONSENTRECORD_EVENTS_MAX],
			 size_t *ret_len, struct consentrecord_fault *fault);

/* The vocabularies: with or without the prefix that is theirs. */
bool consentrecord_is_purpose(const char *text);
bool consentrecord_is_legal_basis(const char *text);
bool consentrecord_is_right(const char *text);

/* --- printing ------------------------------------------------------------- */

/* What is NULL beside id and name is left out: the record says less. */
struct consentrecord_party {
	const char *id, *name, *contact, *email, *phone, *url;
	const char *street, *postal_code, *locality, *country;
};

struct consentrecord_notice { /* what was shown */
	const char *iri, *language;
	const char *date, *sha256; /* NULL */
	const char *text;	   /* byte for byte; NULL */
};

struct consentrecord_happened {
	enum consent_state state;
	enum consent_type type; /* of what was given */
	int64_t at_ms;
	bool by_controller; /* else by the person or their guardian */
	bool guardian;
	const char *method; /* "reply"; NULL */
	const char *valid;  /* "P24M"; NULL: until withdrawn */
	/* All NULL where there is none. */
	const char *notice;		   /* iri of what was shown */
	const char *prompt_id, *answer_id; /* the provider's, of messages */
	const char *answer;		   /* word for word */
	const json_t *evidence;		   /* of an import */
};

/* Every text is UTF-8; NULL only where said so. */
struct consent_record {
	const char *iri, *id; /* id: UUID version 4 */
	const char *subject;  /* never a phone number or an e-mail address */
	const char *jurisdiction; /* "DE" */
	struct consentrecord_party controller;
	const char *authority; /* NULL */
	const struct consentrecord_notice *notices;
	size_t notices_len;
	const char *language;
	const char *purpose;	  /* term of DPV */
	const char *purpose_name; /* as the controller calls it */
	bool marketing, special;  /* special: of Art. 9(2)(a) GDPR */
	const char *const *data;  /* "pd:TelephoneNumber", ... */
	size_t data_len;
	const char *recipient_id, *recipient_name;
	const char *location;		 /* "DE" */
	const char *duration, *deletion; /* periods */
	const char *service;
	const char *withdrawal; /* how and where */
	const char *policy_url; /* NULL */
	const struct consentrecord_happened *events;
	size_t events_len;
};

/* Each returns a new value, or NULL: no memory, or a text is no UTF-8. */
json_t *consentrecord_print(const struct consent_record *r);
/* Of len records.  created_ms: of the receipt, whose own id is a UUID too. */
json_t *consentreceipt_print(const struct consent_record *r, size_t len,
			     const char *id, int64_t created_ms);
json_t *kantara_print(const struct consent_record *r, const char *id);

#endif
