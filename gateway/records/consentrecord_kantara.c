/* consentrecord_kantara.c - the rules of the Kantara Consent Receipt 1.1.
 *
 * Its JSON is plain: lists are lists, and a text is no list of one.
 *
 * Source: compliance 4.6. */
#include "recordfield.h"

#include <string.h>

/* Later than this many seconds: somebody took milliseconds. */
#define SECONDS_MAX 100000000000.0

static int need_text(const struct at *up, const json_t *v, const char *key,
		     const char *want)
{
	const json_t *member = json_object_get(v, key);
	const struct at at = at_key(up, key);

	if (member == NULL)
		return at_bad(&at, "is missing", want);
	if (!json_is_string(member))
		return at_bad(&at, "is no text", want);
	return said_by(member) != NULL ? 0 : at_bad(&at, "is empty", want);
}

static int may_text(const struct at *up, const json_t *v, const char *key,
		    const char *want)
{
	return json_object_get(v, key) == NULL ? 0
					       : need_text(up, v, key, want);
}

static int need_bool(const struct at *up, const json_t *v, const char *key)
{
	const struct at at = at_key(up, key);

	return json_is_boolean(json_object_get(v, key))
		   ? 0
		   : at_bad(&at, "is missing or no yes or no", "true or false");
}

static int need_list(const struct at *up, const json_t *v, const char *key,
		     const char *want, field_check check)
{
	const json_t *member = json_object_get(v, key);
	const struct at at = at_key(up, key);

	if (member == NULL)
		return at_bad(&at, "is missing", want);
	if (!json_is_array(member))
		return at_bad(&at, "is no list", want);
	return need_each(up, v, key, want, check);
}

static int check_text(const struct at *at, const json_t *v)
{
	return json_is_string(v) && said_by(v) != NULL
		   ? 0
		   : at_bad(at, "is no text", "a category such as 2 - Contact");
}

/* --- controllers ---------------------------------------------------------- */

static int check_postal(const struct at *up, const json_t *controller)
{
	const json_t *address = json_object_get(controller, "address");
	const struct at at = at_key(up, "address");

	if (!json_is_object(address))
		return at_bad(&at, "is missing or no object",
			      "streetAddress, postalCode, addressLocality, "
			      "addressCountry");
	if (need_text(&at, address, "streetAddress", "street and number") !=
		0 ||
	    need_text(&at, address, "postalCode", "the code as text") != 0 ||
	    need_text(&at, address, "addressLocality", "the town") != 0)
		return -1;
	return need_text(&at, address, "addressCountry",
			 "a country such as DE");
}

static int check_controller(const struct at *at, const json_t *v)
{
	if (!json_is_object(v))
		return at_bad(at, "is no controller",
			      "an object with piiController");
	if (need_text(at, v, "piiController", "the controller's name") != 0 ||
	    need_text(at, v, "contact", "whom to turn to") != 0 ||
	    check_postal(at, v) != 0 ||
	    need_text(at, v, "email", "an e-mail address") != 0 ||
	    need_text(at, v, "phone", "a phone number") != 0 ||
	    may_text(at, v, "piiControllerUrl", "an address") != 0)
		return -1;
	return json_object_get(v, "onBehalf") == NULL
		   ? 0
		   : need_bool(at, v, "onBehalf");
}

/* --- services ------------------------------------------------------------- */

static int check_disclosure(const struct at *at, const json_t *v)
{
	if (need_bool(at, v, "thirdPartyDisclosure") != 0)
		return -1;
	return json_is_true(json_object_get(v, "thirdPartyDisclosure"))
		   ? need_text(at, v, "thirdPartyName",
			       "who, since it is disclosed")
		   : 0;
}

static int check_purpose(const struct at *at, const json_t *v)
{
	const struct at type_at = at_key(at, "consentType");
	const char *type;

	if (!json_is_object(v))
		return at_bad(at, "is no purpose", "an object with purpose");
	if (need_text(at, v, "purpose", "what for") != 0 ||
	    need_list(at, v, "purposeCategory",
		      "a list such as [\"6 - Marketing\"]", check_text) != 0 ||
	    need_text(at, v, "consentType", "EXPLICIT or IMPLICIT") != 0)
		return -1;
	type = json_string_value(json_object_get(v, "consentType"));
	if (strcmp(type, "EXPLICIT") != 0 && strcmp(type, "IMPLICIT") != 0)
		return at_bad(&type_at, "is no type", "EXPLICIT or IMPLICIT");
	if (need_list(at, v, "piiCategory", "a list such as [\"2 - Contact\"]",
		      check_text) != 0 ||
	    need_bool(at, v, "primaryPurpose") != 0 ||
	    need_text(at, v, "termination", "when it ends") != 0)
		return -1;
	return check_disclosure(at, v);
}

static int check_service(const struct at *at, const json_t *v)
{
	if (!json_is_object(v))
		return at_bad(at, "is no service", "an object with service");
	if (need_text(at, v, "service", "the service's name") != 0)
		return -1;
	return need_list(at, v, "purposes", "one purpose or more",
			 check_purpose);
}

/* --- the whole ------------------------------------------------------------ */

static int check_header(const struct at *top, const json_t *v)
{
	const json_t *when = json_object_get(v, "consentTimestamp");
	const struct at when_at = at_key(top, "consentTimestamp");
	const struct at version_at = at_key(top, "version");
	static const char seconds[] = "a number: seconds since 1970";

	if (need_text(top, v, "version", KANTARA_VERSION) != 0)
		return -1;
	if (strcmp(json_string_value(json_object_get(v, "version")),
		   KANTARA_VERSION) != 0)
		return at_bad(&version_at, "is another version",
			      KANTARA_VERSION);
	if (need_text(top, v, "jurisdiction", "a country such as DE") != 0)
		return -1;
	if (!json_is_number(when))
		return at_bad(&when_at, "is missing or no number", seconds);
	if (json_number_value(when) <= 0 ||
	    json_number_value(when) >= SECONDS_MAX)
		return at_bad(&when_at, "is no time in seconds", seconds);
	if (need_text(top, v, "collectionMethod", "how it was asked") != 0 ||
	    need_text(top, v, "consentReceiptID", "a UUID of version 4") != 0)
		return -1;
	return need_text(top, v, "piiPrincipalId", "the person's id");
}

static int check_sensitive(const struct at *top, const json_t *v)
{
	const json_t *categories = json_object_get(v, "spiCat");
	const struct at at = at_key(top, "spiCat");

	if (need_bool(top, v, "sensitive") != 0)
		return -1;
	if (!json_is_array(categories))
		return at_bad(&at, "is missing or no list",
			      "a list, empty unless sensitive");
	if (json_is_true(json_object_get(v, "sensitive")) &&
	    json_array_size(categories) == 0)
		return at_bad(&at, "is empty",
			      "a category or more, since it is sensitive");
	return may_each(top, v, "spiCat", check_text);
}

int kantara_judge(const struct at *top, const json_t *receipt)
{
	if (check_header(top, receipt) != 0 ||
	    may_text(top, receipt, "publicKey", "a key as text") != 0 ||
	    may_text(top, receipt, "language", "such as de") != 0 ||
	    need_list(top, receipt, "piiControllers", "a controller or more",
		      check_controller) != 0 ||
	    need_text(top, receipt, "policyUrl", "where the policy is") != 0 ||
	    need_list(top, receipt, "services", "a service or more",
		      check_service) != 0)
		return -1;
	return check_sensitive(top, receipt);
}
