/* whatsapp_driver.c - settings, opening, and the table of operations. */
#include "whatsapp.h"

#include <assert.h>
#include <sodium.h>

#include "postern/text.h"

static const struct setting_row rows[] = {
    {
	.key = "phone_number_id",
	.type = SETTING_DIGITS,
	.required = true,
	.len_min = 5,
	.len_max = 64,
	.help = "Id of the business phone number in the provider's "
		"console; what comes for another number is dropped.",
    },
    {
	.key = "app_secret",
	.type = SETTING_SECRET,
	.required = true,
	/* The worker checks deletion callbacks with it: their signature is
	 * inside the body, which the intake does not read.  It could put
	 * anything into the archive without it. */
	.roles = ROLE_INTAKE | ROLE_WORKER,
	/* Until the provider's stands there nobody may know it: whoever
	 * knew it could sign. */
	.made = MADE_RANDOM_HEX,
	.len_min = 24,
	.len_max = 256,
	.help = "App secret, with which the provider signs what it "
		"sends.",
    },
    {
	.key = "verify_token",
	.type = SETTING_SECRET,
	.required = true,
	.roles = ROLE_INTAKE,
	.made = MADE_RANDOM_HEX,
	.len_min = 8,
	.len_max = 256,
	.help = "Text entered here and in the provider's console; "
		"proves the webhook address to the provider.",
    },
    {
	.key = "access_token",
	.type = SETTING_SECRET,
	.required = true,
	.roles = ROLE_WORKER,
	.len_min = 8,
	.len_max = 2048,
	.help = "Token for sending messages and fetching media.",
    },
    {
	.key = "appsecret_proof",
	.type = SETTING_SECRET,
	.roles = ROLE_WORKER,
	.len_min = 24,
	.len_max = 256,
	.help = "The app secret once more, for the process that sends: "
		"set it if the app demands an app secret proof.",
    },
    {
	.key = "api",
	.type = SETTING_URL,
	.len_min = 8,
	.len_max = 1000,
	.fallback = "https://graph.facebook.com/v25.0",
	.help = "Address of the provider's API with its version.",
    },
    {
	.key = "media_hosts",
	.type = SETTING_HOSTS,
	.len_max = 1000,
	.fallback = WHATSAPP_MEDIA_FALLBACK,
	.help = "Hosts, with all below them, from which media may be "
		"fetched.",
    },
    {
	.key = "allow",
	.type = SETTING_HOSTS,
	.len_max = 1000,
	.help = "Private targets this channel may call, as host:port; "
		"for tests against a simulator.",
    },
};

/* --- lists of hosts ------------------------------------------------------- */

static const char *const media_fallback[] = {
    "fbsbx.com",
    "fbcdn.net",
    "whatsapp.net",
};

static int hosts_add(struct whatsapp *wa, const char *host, struct err *err)
{
	if (wa->hosts_len == sizeof(wa->hosts) / sizeof(wa->hosts[0]))
		return ERR_SET(err, ERR_INPUT, "too many media hosts", 0);
	wa->hosts[wa->hosts_len++] = host;
	return 0;
}

static int read_media_hosts(struct whatsapp *wa, const char *list,
			    struct err *err)
{
	/* The fallback is one text, not a list: never walk it as one. */
	if (list == NULL || strcmp(list, WHATSAPP_MEDIA_FALLBACK) == 0) {
		for (size_t i = 0; i < 3; i++)
			if (hosts_add(wa, media_fallback[i], err) != 0)
				return -1;
		return 0;
	}
	for (; *list != '\0'; list += strlen(list) + 1)
		if (hosts_add(wa, list, err) != 0)
			return -1;
	return 0;
}

/* What may be called privately may give media too: the simulator does. */
static int read_allow(struct whatsapp *wa, const char *list, char *hosts,
		      struct err *err)
{
	for (; list != NULL && *list != '\0'; list += strlen(list) + 1) {
		bool bracket = *list == '[';
		size_t len = strcspn(list + bracket, bracket ? "]" : ":/");

		if (wa->allow_len == HTTP_ALLOW_MAX)
			return ERR_SET(err, ERR_INPUT, "allow: too many", 0);
		wa->allow[wa->allow_len++] = list;
		memcpy(hosts, list + bracket, len);
		hosts[len] = '\0';
		if (hosts_add(wa, hosts, err) != 0)
			return -1;
		hosts += len + 1;
	}
	return 0;
}

/* Bytes of a list with its closing NULs. */
static size_t list_size(const char *list)
{
	size_t n = 0;

	if (list == NULL)
		return 1;
	while (list[n] != '\0')
		n += strlen(list + n) + 1;
	return n + 1;
}

static int read_lists(struct whatsapp *wa, const struct settings_channel *conf,
		      struct err *err)
{
	const char *media =
	    setting_text(conf->values, conf->values_len, "media_hosts");
	const char *allow =
	    setting_text(conf->values, conf->values_len, "allow");
	bool fallback =
	    media == NULL || strcmp(media, WHATSAPP_MEDIA_FALLBACK) == 0;
	size_t media_size = fallback ? 1 : list_size(media);
	size_t allow_size = list_size(allow);

	wa->texts = calloc(1, media_size + 2 * allow_size);
	if (wa->texts == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for settings", 0);
	if (!fallback)
		memcpy(wa->texts, media, media_size);
	if (allow != NULL)
		memcpy(wa->texts + media_size, allow, allow_size);
	if (read_media_hosts(wa, fallback ? NULL : wa->texts, err) != 0)
		return -1;
	return read_allow(wa, wa->texts + media_size,
			  wa->texts + media_size + allow_size, err);
}

/* --- opening -------------------------------------------------------------- */

static int copy_text(char *ret, size_t size, const char *text, struct err *err)
{
	size_t len = text != NULL ? strlen(text) : 0;

	if (len == 0 || len >= size)
		return ERR_SET(err, ERR_INPUT, "setting absent or too long", 0);
	memcpy(ret, text, len + 1);
	return 0;
}

static int read_texts(struct whatsapp *wa, const struct settings_channel *conf,
		      struct err *err)
{
	const char *id =
	    setting_text(conf->values, conf->values_len, "phone_number_id");
	const char *api = setting_text(conf->values, conf->values_len, "api");
	size_t len;

	if (api == NULL)
		api = "https://graph.facebook.com/v25.0";
	if (copy_text(wa->phone_number_id, sizeof(wa->phone_number_id), id,
		      err) != 0 ||
	    copy_text(wa->api, sizeof(wa->api), api, err) != 0)
		return -1;
	if (strspn(wa->phone_number_id, "0123456789") !=
	    strlen(wa->phone_number_id))
		return ERR_SET(err, ERR_INPUT, "phone_number_id: digits", 0);
	len = strlen(wa->api);
	while (len > 0 && wa->api[len - 1] == '/')
		wa->api[--len] = '\0';
	return read_lists(wa, conf, err);
}

static int open_intake(struct whatsapp *wa, const struct settings_channel *conf,
		       struct err *err)
{
	const struct secret *token =
	    setting_secret(conf->values, conf->values_len, "verify_token");

	if (token == NULL || token->len == 0)
		return ERR_SET(err, ERR_INPUT, "verify_token absent", 0);
	if (secret_set(&wa->verify_token, token->bytes, token->len, err) != 0)
		return -1;
	return whatsapp_hmac_open(
	    &wa->hmac,
	    setting_secret(conf->values, conf->values_len, "app_secret"), err);
}

/* A token goes into a header: what would end or split one is refused. */
static bool is_header_text(const struct secret *s)
{
	for (size_t i = 0; i < s->len; i++)
		if (s->bytes[i] <= ' ' || s->bytes[i] >= 0x7f)
			return false;
	return s->len > 0;
}

static int read_bearer(struct whatsapp *wa, const struct secret *token,
		       struct err *err)
{
	struct buf b = BUF_INIT(SECRET_LEN_MAX);
	int rc = -1;

	if (buf_append_text(&b, "Bearer ", err) == 0 &&
	    buf_append(&b, token->bytes, token->len, err) == 0)
		rc = secret_set(&wa->bearer, b.bytes, b.len, err);
	buf_free(&b);
	return rc;
}

/* Hex HMAC of the access token under the app secret (channels.md 4.4). */
static int read_proof(struct whatsapp *wa, const struct secret *secret,
		      const struct secret *token, struct err *err)
{
	struct whatsapp_hmac h = {0};
	uint8_t mac[32];
	int rc = -1;

	if (secret == NULL || secret->len == 0)
		return 0;
	if (whatsapp_hmac_open(&h, secret, err) == 0 &&
	    whatsapp_hmac(&h, token->bytes, token->len, mac, err) == 0) {
		hex_encode(mac, sizeof(mac), wa->proof);
		rc = 0;
	}
	sodium_memzero(mac, sizeof(mac));
	whatsapp_hmac_close(&h);
	return rc;
}

static int open_worker(struct whatsapp *wa, const struct settings_channel *conf,
		       struct err *err)
{
	const struct secret *token =
	    setting_secret(conf->values, conf->values_len, "access_token");
	const struct secret *secret =
	    setting_secret(conf->values, conf->values_len, "appsecret_proof");

	if (token == NULL || !is_header_text(token))
		return ERR_SET(err, ERR_INPUT, "access_token is no token", 0);
	if (read_bearer(wa, token, err) != 0)
		return -1;
	return read_proof(wa, secret, token, err);
}

static void whatsapp_close(struct channel **ch)
{
	struct whatsapp *wa;

	if (ch == NULL || *ch == NULL)
		return;
	assert((*ch)->driver == &whatsapp_driver);
	wa = (struct whatsapp *)*ch;
	whatsapp_hmac_close(&wa->hmac);
	secret_wipe(&wa->verify_token);
	secret_wipe(&wa->bearer);
	free(wa->texts);
	sodium_memzero(wa, sizeof(*wa));
	free(wa);
	*ch = NULL;
}

static int whatsapp_open(const struct settings_channel *conf,
			 enum settings_role role, struct channel **ret,
			 struct err *err)
{
	struct whatsapp *wa = calloc(1, sizeof(*wa));
	struct channel *ch = (struct channel *)wa;

	if (wa == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for a channel", 0);
	wa->channel.driver = &whatsapp_driver;
	wa->channel.name = conf->name;
	if (read_texts(wa, conf, err) != 0 ||
	    (role == ROLE_INTAKE && open_intake(wa, conf, err) != 0) ||
	    (role == ROLE_WORKER && open_worker(wa, conf, err) != 0)) {
		whatsapp_close(&ch);
		return -1;
	}
	*ret = ch;
	return 0;
}

const struct channel_driver whatsapp_driver = {
    .name = "whatsapp",
    .has = CHANNEL_HAS_WINDOW | CHANNEL_HAS_ECHO_REF | CHANNEL_MEDIA_BY_ID,
    .body_max = WHATSAPP_BODY_MAX,
    .window_ms = WHATSAPP_WINDOW_MS,
    .account_key = "phone_number_id",
    .signature_header = WHATSAPP_SIGNATURE,
    .rate_per_s = WHATSAPP_RATE_PER_S,
    .deletion_secret = "app_secret",
    .deletion_kind = "bsuid",
    .rows = rows,
    .rows_len = sizeof(rows) / sizeof(rows[0]),
    .open = whatsapp_open,
    .admit = whatsapp_admit,
    .parse = whatsapp_parse,
    .request = whatsapp_request,
    .answer = whatsapp_answer,
    .close = whatsapp_close,
};
