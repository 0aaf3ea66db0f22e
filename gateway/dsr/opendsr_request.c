/* opendsr_request.c - bodies of POST /requests, read and printed. */
#include "postern/opendsr.h"

#include <sodium.h>
#include <string.h>

#include "postern/caldate.h"
#include "postern/http.h"
#include "postern/jsonmem.h"

#define URL_MAX	  1023
#define VALUE_MAX 320
#define TEXT_MAX  64

static const char *const types[] = {
    [OPENDSR_ACCESS] = "access",
    [OPENDSR_PORTABILITY] = "portability",
    [OPENDSR_ERASURE] = "erasure",
};
static const char *const statuses[] = {
    [OPENDSR_PENDING] = "pending",
    [OPENDSR_IN_PROGRESS] = "in_progress",
    [OPENDSR_COMPLETED] = "completed",
    [OPENDSR_CANCELLED] = "cancelled",
};
/* Hex digits of each hash. */
static const struct {
	const char *name;
	size_t digits;
} formats[] = {
    [OPENDSR_RAW] = {"raw", 0},
    [OPENDSR_SHA256] = {"sha256", 64},
    [OPENDSR_SHA1] = {"sha1", 40},
    [OPENDSR_MD5] = {"md5", 32},
};
static const char *const identity_types[] = {
    "controller_customer_id", "email",
    "android_advertising_id", "android_id",
    "fire_advertising_id",    "ios_advertising_id",
    "ios_vendor_id",	      "microsoft_advertising_id",
    "microsoft_publisher_id", "roku_publisher_id",
    "roku_advertising_id",
};
#define LEN(a) (sizeof(a) / sizeof((a)[0]))

const char *opendsr_status_name(enum opendsr_status status)
{
	return statuses[status];
}

bool opendsr_uuid(const char *text)
{
	for (size_t i = 0; i < OPENDSR_UUID_BYTES - 1; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (text[i] == '\0' || (text[i] == '-') != dash ||
		    (!dash && strchr("0123456789abcdef", text[i]) == NULL))
			return false;
	}
	return text[14] == '4' && strchr("89ab", text[19]) != NULL &&
	       text[OPENDSR_UUID_BYTES - 1] == '\0';
}

/* --- reading -------------------------------------------------------------- */

struct reading {
	const struct opendsr_rules *rules;
	struct opendsr_request *to;
	struct opendsr_faults *faults;
};

static void fault(struct reading *r, const char *reason, const char *message)
{
	struct opendsr_faults *f = r->faults;

	if (f->len < OPENDSR_FAULTS_MAX)
		f->all[f->len++] = (struct opendsr_fault){.reason = reason,
							  .message = message};
}

/* NULL: absent, or no text of 1 to max bytes without NUL. */
static const char *text_of(const json_t *object, const char *key, size_t max)
{
	const json_t *v = json_object_get(object, key);
	size_t len = json_string_length(v);

	if (!json_is_string(v) || len < 1 || len > max ||
	    strlen(json_string_value(v)) != len)
		return NULL;
	return json_string_value(v);
}

static void read_id(struct reading *r)
{
	const char *id =
	    text_of(r->to->doc, "subject_request_id", OPENDSR_UUID_BYTES - 1);

	if (id == NULL || !opendsr_uuid(id))
		fault(r, "subject_request_id",
		      "subject_request_id has to be a UUID of version 4 in "
		      "lower case");
	else
		memcpy(r->to->id, id, OPENDSR_UUID_BYTES);
}

static void read_regulation(struct reading *r)
{
	const char *text = text_of(r->to->doc, "regulation", TEXT_MAX);

	if (r->rules->older &&
	    json_object_get(r->to->doc, "regulation") == NULL)
		return;
	if (text == NULL ||
	    (strcmp(text, "gdpr") != 0 && strcmp(text, "ccpa") != 0))
		fault(r, "regulation", "regulation has to be gdpr or ccpa");
	else
		r->to->ccpa = text[0] == 'c';
}

static void read_type(struct reading *r)
{
	const char *text =
	    text_of(r->to->doc, "subject_request_type", TEXT_MAX);

	for (size_t i = 0; text != NULL && i < LEN(types); i++)
		if (strcmp(types[i], text) == 0) {
			r->to->type = (enum opendsr_type)i;
			return;
		}
	fault(r, "subject_request_type",
	      "subject_request_type has to be access, portability or erasure");
}

static void read_time(struct reading *r)
{
	const char *text = text_of(r->to->doc, "submitted_time", TEXT_MAX);

	if (text == NULL || !instant_parse(text, &r->to->submitted_ms))
		fault(r, "submitted_time",
		      "submitted_time has to be a time of RFC 3339");
}

/* "2.0", "2", "2.1": the major version is ours. */
static void read_version(struct reading *r)
{
	const json_t *v = json_object_get(r->to->doc, "api_version");
	const char *text = text_of(r->to->doc, "api_version", TEXT_MAX);
	char major = r->rules->older ? '1' : '2';

	if (v == NULL)
		return;
	if (text == NULL || text[0] != major ||
	    (text[1] != '\0' && text[1] != '.'))
		fault(r, "api_version",
		      "api_version is not the version of this address");
}

/* --- identities ----------------------------------------------------------- */

static bool is_hash(const char *text, size_t digits)
{
	return strlen(text) == digits &&
	       strspn(text, "0123456789abcdefABCDEF") == digits;
}

static bool known_type(const char *text)
{
	for (size_t i = 0; i < LEN(identity_types); i++)
		if (strcmp(identity_types[i], text) == 0)
			return true;
	return false;
}

static struct opendsr_identity *room(struct reading *r)
{
	if (r->to->identities_len == OPENDSR_IDENTITIES_MAX) {
		fault(r, "subject_identities", "there are too many identities");
		return NULL;
	}
	return &r->to->identities[r->to->identities_len++];
}

static void read_identity(struct reading *r, const json_t *one)
{
	const char *type = text_of(one, "identity_type", OPENDSR_KIND_MAX);
	const char *value = text_of(one, "identity_value", VALUE_MAX);
	const char *format = text_of(one, "identity_format", TEXT_MAX);
	struct opendsr_identity *to;
	size_t f = 0;

	if (type == NULL || !known_type(type)) {
		fault(r, "identity_type", "identity_type is not known");
		return;
	}
	while (format != NULL && f < LEN(formats) &&
	       strcmp(formats[f].name, format) != 0)
		f++;
	if (format == NULL || f == LEN(formats)) {
		fault(r, "identity_format",
		      "identity_format has to be raw or sha256");
		return;
	}
	if ((f == OPENDSR_SHA1 || f == OPENDSR_MD5) && !r->rules->weak_hashes) {
		fault(r, "identity_format",
		      "identity_format sha1 and md5 are not taken");
		return;
	}
	if (value == NULL ||
	    (f != OPENDSR_RAW && !is_hash(value, formats[f].digits))) {
		fault(r, "identity_value",
		      "identity_value does not have its format");
		return;
	}
	to = room(r);
	if (to == NULL)
		return;
	*to = (struct opendsr_identity){.format = (enum opendsr_format)f,
					.value = value};
	memcpy(to->type, type, strlen(type) + 1);
}

/* Kinds of addresses that only we have a word for. */
static void read_own(struct reading *r, const json_t *one)
{
	const char *kind = text_of(one, "kind", OPENDSR_KIND_MAX);
	const char *value = text_of(one, "value", VALUE_MAX);
	struct opendsr_identity *to;

	if (kind == NULL || value == NULL ||
	    strspn(kind, "abcdefghijklmnopqrstuvwxyz0123456789_-.") !=
		strlen(kind)) {
		fault(r, "extensions",
		      "identities of our extension have a kind and a value");
		return;
	}
	to = room(r);
	if (to == NULL)
		return;
	*to = (struct opendsr_identity){.value = value, .ours = true};
	memcpy(to->type, kind, strlen(kind) + 1);
}

static void read_extensions(struct reading *r, const json_t *extensions)
{
	const json_t *ours, *list;

	if (!json_is_object(extensions)) {
		fault(r, "extensions", "extensions has to be an object");
		return;
	}
	ours = json_object_get(extensions, r->rules->domain);
	list = json_object_get(ours, "identities");
	if (list != NULL && !json_is_array(list)) {
		fault(r, "extensions",
		      "identities of our extension have to be a list");
		return;
	}
	for (size_t i = 0; i < json_array_size(list); i++)
		read_own(r, json_array_get(list, i));
}

static void read_identities(struct reading *r)
{
	const json_t *list = json_object_get(r->to->doc, "subject_identities");
	const json_t *extensions = json_object_get(r->to->doc, "extensions");

	if (list != NULL && !json_is_array(list))
		fault(r, "subject_identities",
		      "subject_identities has to be a list");
	for (size_t i = 0; i < json_array_size(list); i++)
		read_identity(r, json_array_get(list, i));
	if (extensions != NULL)
		read_extensions(r, extensions);
	else if (json_array_size(list) == 0)
		fault(r, "subject_identities",
		      "subject_identities is required without extensions");
}

/* Source: compliance 9, N2. */
static void read_callbacks(struct reading *r)
{
	const json_t *list =
	    json_object_get(r->to->doc, "status_callback_urls");
	const char *url;
	size_t len;

	if (list == NULL)
		return;
	if (!json_is_array(list) ||
	    json_array_size(list) > OPENDSR_CALLBACKS_MAX) {
		fault(r, "status_callback_urls",
		      "status_callback_urls has to be a list of a few "
		      "addresses");
		return;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		url = json_string_value(json_array_get(list, i));
		len = json_string_length(json_array_get(list, i));
		if (url == NULL || len > URL_MAX || strlen(url) != len ||
		    !http_url_callable(url, r->rules->allow,
				       r->rules->allow_len)) {
			fault(r, "status_callback_urls",
			      "status_callback_urls have to be https and "
			      "public");
			return;
		}
		r->to->callbacks[r->to->callbacks_len++] = url;
	}
}

int opendsr_request_read(const void *bytes, size_t len,
			 const struct opendsr_rules *rules,
			 struct opendsr_request *ret,
			 struct opendsr_faults *ret_faults, struct err *err)
{
	struct reading r = {.rules = rules, .to = ret, .faults = ret_faults};
	bool is_short = false;

	*ret = (struct opendsr_request){0};
	*ret_faults = (struct opendsr_faults){0};
	ret->doc = jsonmem_load(bytes, len, JSON_REJECT_DUPLICATES, &is_short);
	if (is_short)
		return ERR_SET(err, ERR_NOMEM, "request", 0);
	if (!json_is_object(ret->doc)) {
		fault(&r, "body", "the body is no JSON object");
		return ERR_SET(err, ERR_INPUT, "no JSON object", 0);
	}
	read_id(&r);
	read_regulation(&r);
	read_type(&r);
	read_time(&r);
	read_version(&r);
	read_identities(&r);
	read_callbacks(&r);
	return ret_faults->len == 0
		   ? 0
		   : ERR_SET(err, ERR_INPUT, "not an OpenDSR request", 0);
}

/* What jansson frees is wiped (jsonmem.h). */
void opendsr_request_free(struct opendsr_request *r)
{
	json_decref(r->doc);
	sodium_memzero(r, sizeof(*r));
}

/* --- printing ------------------------------------------------------------- */

static bool add_identity(json_t *standard, json_t *own, const json_t *one)
{
	const char *kind = json_string_value(json_object_get(one, "kind"));
	const char *value = json_string_value(json_object_get(one, "value"));

	if (kind == NULL || value == NULL)
		return false;
	if (strcmp(kind, "email") == 0)
		return json_array_append_new(
			   standard, json_pack("{s:s,s:s,s:s}", "identity_type",
					       "email", "identity_value", value,
					       "identity_format", "raw")) == 0;
	return json_array_append_new(own, json_pack("{s:s,s:s}", "kind", kind,
						    "value", value)) == 0;
}

static bool add_parts(const struct opendsr_ask *ask, json_t *doc)
{
	json_t *standard = json_array(), *own = json_array();
	bool good = standard != NULL && own != NULL;

	for (size_t i = 0; good && i < json_array_size(ask->identities); i++)
		good = add_identity(standard, own,
				    json_array_get(ask->identities, i));
	if (good && json_array_size(standard) > 0)
		good =
		    json_object_set(doc, "subject_identities", standard) == 0;
	if (good && json_array_size(own) > 0)
		good = json_object_set_new(doc, "extensions",
					   json_pack("{s:{s:O}}", ask->domain,
						     "identities", own)) == 0;
	if (good && ask->callback != NULL)
		good =
		    json_object_set_new(doc, "status_callback_urls",
					json_pack("[s]", ask->callback)) == 0;
	json_decref(standard);
	json_decref(own);
	return good;
}

int opendsr_request_print(const struct opendsr_ask *ask, struct buf *ret,
			  struct err *err)
{
	char at[INSTANT_BYTES];
	json_t *doc;
	int rc;

	instant_format(ask->at_ms, at);
	doc = json_pack("{s:s,s:s,s:s,s:s,s:s}", "regulation", "gdpr",
			"subject_request_id", ask->id, "subject_request_type",
			"erasure", "submitted_time", at, "api_version",
			OPENDSR_VERSION);
	if (doc == NULL || !add_parts(ask, doc)) {
		json_decref(doc);
		return ERR_SET(err, ERR_NOMEM, "request", 0);
	}
	rc = jsonmem_print(doc, JSON_COMPACT, ret, err);
	json_decref(doc);
	return rc;
}
