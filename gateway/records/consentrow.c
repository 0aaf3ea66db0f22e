/* consentrow.c - one row of an import of consents, read. */
#include "postern/consentrow.h"

#include <string.h>

#include "postern/caldate.h"
#include "recordfield.h"

#define ADDRESS_MAX 320
#define LEN(a)	    (sizeof(a) / sizeof((a)[0]))

static const char *const members[] = {
    "address",	    "kind",    "purpose",  "channel",  "consent", "given_at",
    "withdrawn_at", "wording", "language", "evidence", "by"};

bool consentrow_is(const json_t *value)
{
	return json_object_get(value, "address") != NULL &&
	       json_object_get(value, "@type") == NULL &&
	       json_object_get(value, "version") == NULL;
}

/* jansson walks objects through a pointer that could change them. */
static int check_members(const struct at *top, const json_t *value)
{
	json_t *o = (json_t *)(uintptr_t)value;

	for (void *i = json_object_iter(o); i != NULL;
	     i = json_object_iter_next(o, i)) {
		const char *key = json_object_iter_key(i);
		bool known = false;

		for (size_t k = 0; k < LEN(members) && !known; k++)
			known = strcmp(members[k], key) == 0;
		/* A name nobody knows may itself be about a person. */
		if (!known)
			return at_bad(top, "has an unknown member",
				      "address, kind, purpose, channel, "
				      "given_at, withdrawn_at, wording, "
				      "language, evidence, by");
	}
	return 0;
}

/* *ret NULL when absent or null. */
static int read_text(const struct at *top, const json_t *value, const char *key,
		     size_t len_max, const char **ret)
{
	const json_t *v = json_object_get(value, key);
	const struct at at = at_key(top, key);

	*ret = NULL;
	if (v == NULL || json_is_null(v))
		return 0;
	if (!json_is_string(v))
		return at_bad(&at, "is no text", "a text");
	if (json_string_length(v) == 0 || json_string_length(v) > len_max ||
	    strlen(json_string_value(v)) != json_string_length(v))
		return at_bad(&at, "is empty or too long", "a shorter text");
	*ret = json_string_value(v);
	return 0;
}

/* --- address -------------------------------------------------------------- */

static bool is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

/* At least what a number, or a mailbox, cannot be without. */
static bool fits_kind(const char *kind, const char *address)
{
	size_t digits = 0;

	if (strcmp(kind, "email") == 0)
		return strchr(address, '@') != NULL;
	if (strcmp(kind, "phone") != 0)
		return true;
	for (; *address != '\0'; address++) {
		if (strchr("+-./() ", *address) != NULL)
			continue;
		if (*address < '0' || *address > '9')
			return false;
		digits++;
	}
	return digits >= 5 && digits <= 17;
}

static int read_address(const struct at *top, const json_t *value,
			struct consentrow *ret)
{
	static const char *const kinds[] = {"phone", "email", "threema"};
	const struct at at = at_key(top, "address"), kind = at_key(top, "kind");
	const char *text = NULL;

	if (read_text(top, value, "address", ADDRESS_MAX, &ret->address) != 0 ||
	    read_text(top, value, "kind", ADDRESS_MAX, &text) != 0)
		return -1;
	if (ret->address == NULL)
		return at_bad(&at, "is missing", "whose consent it is");
	ret->kind = kinds[0];
	if (text != NULL) {
		ret->kind = NULL;
		for (size_t i = 0; i < LEN(kinds); i++)
			if (strcmp(kinds[i], text) == 0)
				ret->kind = kinds[i];
	}
	if (ret->kind == NULL)
		return at_bad(&kind, "is no kind of address",
			      "phone, email or threema");
	if (!is_plain(ret->address) || !fits_kind(ret->kind, ret->address))
		return at_bad(&at, "is no address of its kind",
			      "such as +49 30 1234567 for kind phone");
	return 0;
}

/* --- what and when -------------------------------------------------------- */

static int read_name(const struct at *top, const json_t *value, const char *key,
		     const char *want, struct name *ret)
{
	const struct at at = at_key(top, key);
	const char *text = NULL;

	if (read_text(top, value, key, NAME_LEN_MAX, &text) != 0)
		return -1;
	if (text == NULL)
		return at_bad(&at, "is missing", want);
	return name_set(ret, text, strlen(text))
		   ? 0
		   : at_bad(&at, "is no name", want);
}

static int read_instant(const struct at *top, const json_t *value,
			const char *key, int64_t *ret, bool *ret_there)
{
	const struct at at = at_key(top, key);
	const char *text = NULL;

	if (read_text(top, value, key, 64, &text) != 0)
		return -1;
	*ret_there = text != NULL;
	if (text != NULL && !instant_parse(text, ret))
		return at_bad(&at, "is no point in time",
			      "date, time and zone, such as "
			      "2026-10-01T08:03:10Z");
	return 0;
}

static int read_time(const struct at *top, const json_t *value,
		     struct consentrow *ret)
{
	const json_t *consent = json_object_get(value, "consent");
	const struct at said = at_key(top, "consent");
	const struct at given = at_key(top, "given_at");
	const struct at withdrawn = at_key(top, "withdrawn_at");
	bool is_given = false;
	int64_t ended_ms = 0;

	if (consent != NULL && !json_is_boolean(consent))
		return at_bad(&said, "is no yes or no", "true or false");
	if (read_instant(top, value, "given_at", &ret->at_ms, &is_given) != 0 ||
	    read_instant(top, value, "withdrawn_at", &ended_ms,
			 &ret->withdrawn) != 0)
		return -1;
	if (json_is_false(consent) && !ret->withdrawn)
		return at_bad(&withdrawn, "is missing", "when it was ended");
	if (json_is_true(consent) && ret->withdrawn)
		return at_bad(&said, "says yes to what was withdrawn",
			      "false, or no withdrawn_at");
	if (!ret->withdrawn && !is_given)
		return at_bad(&given, "is missing", "when it was given");
	if (ret->withdrawn)
		ret->at_ms = ended_ms;
	return 0;
}

/* --- proof ---------------------------------------------------------------- */

/* Of a record or receipt: it is to be a good one. */
static int judge_evidence(const json_t *evidence,
			  struct consentrecord_fault *fault)
{
	char rest[CONSENTRECORD_FIELD_BYTES];
	enum consentrecord_form form;

	if (!consentrecord_form_of(evidence, &form) ||
	    consentrecord_judge(evidence, form, fault) == 0)
		return 0;
	memcpy(rest, fault->field, sizeof(rest));
	(void)snprintf(fault->field, sizeof(fault->field), "evidence%s%.140s",
		       rest[0] != '\0' ? "." : "", rest);
	return -1;
}

static int read_evidence(const struct at *top, const json_t *value,
			 struct consentrow *ret)
{
	const json_t *evidence = json_object_get(value, "evidence");
	const struct at at = at_key(top, "evidence");

	if (evidence == NULL || json_is_null(evidence))
		return 0;
	if (json_is_string(evidence)) {
		const char *text = json_string_value(evidence);

		/* Blanks prove nothing. */
		if (text[strspn(text, " \t\r\n")] != '\0')
			ret->evidence = evidence;
		return 0;
	}
	if (!json_is_object(evidence))
		return at_bad(&at, "is no text and no object",
			      "who holds which proof, in words or members");
	if (json_object_size(evidence) == 0)
		return 0;
	ret->evidence = evidence;
	return judge_evidence(evidence, at.fault);
}

static int read_proof(const struct at *top, const json_t *value,
		      struct consentrow *ret)
{
	const struct at language = at_key(top, "language"),
			by_at = at_key(top, "by");
	const char *by = NULL;

	if (read_text(top, value, "wording", CONSENTROW_WORDING_MAX,
		      &ret->wording) != 0 ||
	    read_text(top, value, "language", CONSENTROW_LANGUAGE_LEN,
		      &ret->language) != 0 ||
	    read_text(top, value, "by", 16, &by) != 0)
		return -1;
	if (ret->language != NULL && !is_language(ret->language))
		return at_bad(&language, "is no language", "such as de");
	ret->guardian = by != NULL && strcmp(by, "guardian") == 0;
	if (by != NULL && !ret->guardian && strcmp(by, "subject") != 0)
		return at_bad(&by_at, "is nobody who may agree",
			      "subject or guardian");
	return read_evidence(top, value, ret);
}

int consentrow_read(const json_t *value, struct consentrow *ret,
		    struct consentrecord_fault *fault)
{
	const struct at top = at_top(fault);
	enum consentrecord_form form;

	*ret = (struct consentrow){0};
	if (!json_is_object(value))
		return at_bad(&top, "is no row", "an object with address");
	if (!consentrow_is(value) && consentrecord_form_of(value, &form))
		return at_bad(&top, "is a record that does not say whose",
			      "a row with address that has it as evidence");
	if (check_members(&top, value) != 0 ||
	    read_address(&top, value, ret) != 0 ||
	    read_name(&top, value, "purpose", "a purpose of the policy",
		      &ret->purpose) != 0 ||
	    read_name(&top, value, "channel", "a channel of the policy",
		      &ret->channel) != 0 ||
	    read_time(&top, value, ret) != 0)
		return -1;
	return read_proof(&top, value, ret);
}
