/* media_flight.c - one attachment: locate, fetch and seal, or delete.
 *
 * Source: channels.md 5.7. */
#include "media.h"

#include "postern/jsonmem.h"
#include "postern/log.h"
#include "postern/text.h"

static const char *media_text(const struct media_flight *f, const char *key)
{
	return json_string_value(json_object_get(f->media, key));
}

/* A hash as sent: base64 or hex.  Anything else is as good as none. */
static bool hash_read(const char *text, uint8_t ret[32])
{
	uint8_t bytes[33];
	size_t len = text != NULL ? strlen(text) : 0, n = 0;

	if (len == 64 && hex_decode(text, len, ret, 32))
		return true;
	if (len != BASE64_LEN(32) ||
	    !base64_decode(text, len, bytes, sizeof(bytes), &n) || n != 32)
		return false;
	memcpy(ret, bytes, 32);
	return true;
}

int media_flight_open(struct media_flight *f, const void *sealed,
		      size_t sealed_len, struct err *err)
{
	struct keeper_batch *batch = NULL;
	const uint8_t *bytes;
	size_t media, key, len;
	bool no_memory;
	int rc = -1;

	if (keeper_batch_new(f->w->keeper, &batch, err) != 0)
		return -1;
	media = keeper_add_open(batch, &f->key_ref, f->id, FIELD_MEDIA, sealed,
				sealed_len);
	key = keeper_add_file_key(batch, &f->key_ref, f->id);
	if (keeper_run(batch, err) != 0 ||
	    keeper_result(batch, media, &bytes, &len, err) != 0)
		goto out;
	f->media = jsonmem_load(bytes, len, JSON_REJECT_DUPLICATES, &no_memory);
	if (f->media == NULL) {
		ERR_SET(err, no_memory ? ERR_NOMEM : ERR_CORRUPT,
			"media is no JSON", 0);
		goto out;
	}
	if (keeper_result(batch, key, &bytes, &len, err) != 0)
		goto out;
	if (len != sizeof(f->key)) {
		ERR_SET(err, ERR_CORRUPT, "file key has wrong length", 0);
		goto out;
	}
	memcpy(f->key, bytes, len);
	f->hash_known = hash_read(media_text(f, "sha256"), f->hash_expected);
	rc = 0;
out:
	keeper_batch_free(&batch);
	return rc;
}

/* Every byte is counted, hashed and sealed as it comes; pictures that have to
 * be stripped when all is there. */
static int take_bytes(void *ctx, const uint8_t *bytes, size_t len)
{
	struct media_flight *f = ctx;
	struct err err = {0};

	f->bytes += (int64_t)len;
	if (f->bytes > f->w->settings->limits.media_bytes_max)
		return -1;
	(void)crypto_hash_sha256_update(&f->hash, bytes, len);
	if (media_picture_take(f, bytes, len, &err) == 0)
		return 0;
	f->unreadable = err.kind == ERR_INPUT;
	if (f->unreadable)
		return -1;
	LOG(LOG_LEVEL_ERROR, "media.write", LOG_ERR(&err));
	f->disk_failed = true;
	return -1;
}

static void act_make(const struct media_flight *f, struct channel_act *ret)
{
	static const enum channel_act_kind kinds[] = {
	    [MEDIA_LOCATE] = CHANNEL_MEDIA_LOCATE,
	    [MEDIA_FETCH] = CHANNEL_MEDIA_FETCH,
	    [MEDIA_DELETE] = CHANNEL_MEDIA_DELETE,
	};

	*ret = (struct channel_act){.kind = kinds[f->phase],
				    .media_id = media_text(f, "id"),
				    .media_bytes = -1};
	if (f->phase == MEDIA_FETCH)
		ret->media_url = f->url;
}

static void answered(void *ctx, const struct http_reply *reply)
{
	struct media_flight *f = ctx;
	const struct channel *ch = f->w->channels[f->channel];
	struct channel_act act;

	act_make(f, &act);
	ch->driver->answer(ch, &act, reply, &f->outcome);
	f->under_way = false;
	f->answered = true;
}

static int file_begin(struct media_flight *f, struct err *err)
{
	sealedfile_abandon(&f->file);
	f->bytes = 0;
	f->disk_failed = false;
	media_picture_begin(f);
	(void)crypto_hash_sha256_init(&f->hash);
	return mediafile_create(f->w, f->key, &f->file, f->file_name, err);
}

int media_flight_call(struct media_flight *f, struct err *err)
{
	const struct channel *ch = f->w->channels[f->channel];
	struct http_call call = {0};
	struct channel_act act;

	act_make(f, &act);
	f->answered = false;
	if (ch->driver->request(ch, &act, &call, err) != 0)
		return -1;
	if (f->phase == MEDIA_FETCH) {
		if (file_begin(f, err) != 0) {
			http_call_free(&call);
			return -1;
		}
		call.sink = take_bytes;
		call.sink_ctx = f;
		call.answer_max =
		    (size_t)f->w->settings->limits.media_bytes_max;
	}
	if (http_start(f->w->http, &call, answered, f, err) != 0)
		return -1;
	f->under_way = true;
	return 0;
}

const char *media_flight_located(struct media_flight *f)
{
	uint8_t hash[32];

	if (f->outcome.bytes > f->w->settings->limits.media_bytes_max)
		return "too_large";
	f->bytes_expected = f->outcome.bytes;
	memcpy(f->url, f->outcome.url, sizeof(f->url));
	if (!hash_read(f->outcome.sha256, hash))
		return NULL;
	if (f->hash_known &&
	    sodium_memcmp(hash, f->hash_expected, sizeof(hash)) != 0)
		return "hash";
	f->hash_known = true;
	memcpy(f->hash_expected, hash, sizeof(hash));
	return NULL;
}

bool media_flight_complete(struct media_flight *f)
{
	uint8_t hash[32];

	(void)crypto_hash_sha256_final(&f->hash, hash);
	if (f->bytes_expected >= 0 && f->bytes != f->bytes_expected)
		return false;
	return !f->hash_known ||
	       sodium_memcmp(hash, f->hash_expected, sizeof(hash)) == 0;
}

void media_flight_free(struct media_flight **f)
{
	struct media_flight *gone = *f;

	if (gone == NULL)
		return;
	*f = NULL;
	sealedfile_abandon(&gone->file);
	buf_free(&gone->clear);
	json_decref(gone->media);
	sodium_memzero(gone, sizeof(*gone));
	free(gone);
}
