/* channel_open.h - a channel with settings made by a test, fixtures, and
 * requests as a listener would hand them over. */
#ifndef POSTERN_TESTS_CHANNEL_OPEN_H
#define POSTERN_TESTS_CHANNEL_OPEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <sodium.h>

#include "postern/channel.h"

#define TEST_SECRET "8f0c2b7a9d1e4f6382a5c7d9e0b1f2a3"

/* Fills a setting; text or secret by the row's type. */
static inline void conf_set(struct settings_channel *conf, const char *key,
			    const char *value)
{
	const struct channel_driver *driver = channel_find(conf->type);
	struct setting_value *v = &conf->values[conf->values_len++];

	for (size_t i = 0; i < driver->rows_len; i++) {
		if (strcmp(driver->rows[i].key, key) != 0)
			continue;
		v->key = driver->rows[i].key;
		if (driver->rows[i].type == SETTING_SECRET)
			assert_int_equal(
			    secret_set(&v->secret, value, strlen(value), NULL),
			    0);
		else
			v->text = value;
		return;
	}
	fail_msg("no setting %s", key);
}

static inline void conf_free(struct settings_channel *conf)
{
	for (size_t i = 0; i < conf->values_len; i++)
		secret_wipe(&conf->values[i].secret);
}

/* Settings that every driver accepts: required rows filled plausibly. */
static inline void conf_make(struct settings_channel *conf,
			     const struct channel_driver *driver)
{
	memset(conf, 0, sizeof(*conf));
	assert_true(name_set(&conf->name, "kanal", 5));
	(void)snprintf(conf->type, sizeof(conf->type), "%s", driver->name);
	for (size_t i = 0; i < driver->rows_len; i++) {
		const struct setting_row *row = &driver->rows[i];

		if (!row->required)
			continue;
		if (row->type == SETTING_SECRET)
			conf_set(conf, row->key, TEST_SECRET);
		else if (row->type == SETTING_DIGITS)
			conf_set(conf, row->key, "7794189252778687");
		else
			conf_set(conf, row->key, "https://example.org");
	}
}

/* --- fixtures ------------------------------------------------------------- */

static inline const char *fixtures(void)
{
	const char *dir = getenv("FIXTURES");

	return dir != NULL ? dir : "../shared/fixtures";
}

/* A file of the fixtures folder; skips the test if there is none. */
static inline json_t *fixture(const char *name)
{
	char path[1024];
	json_error_t why;
	json_t *v;

	(void)snprintf(path, sizeof(path), "%s/%s", fixtures(), name);
	v = json_load_file(path, 0, &why);
	if (v == NULL)
		skip();
	return v;
}

static inline uint8_t *fixture_bytes(const char *name, size_t *ret_len)
{
	uint8_t *bytes = NULL;
	char path[1024];
	FILE *in;
	long len;

	(void)snprintf(path, sizeof(path), "%s/%s", fixtures(), name);
	in = fopen(path, "rb");
	if (in == NULL)
		return NULL;
	if (fseek(in, 0, SEEK_END) == 0 && (len = ftell(in)) >= 0) {
		rewind(in);
		bytes = malloc((size_t)len + 1);
		*ret_len = fread(bytes, 1, (size_t)len, in);
	}
	(void)fclose(in);
	return bytes;
}

/* --- requests ------------------------------------------------------------- */

struct fake_pair {
	const char *name, *value;
	size_t len;
};
struct fake_request {
	struct fake_pair headers[4], query[6];
	size_t headers_len, query_len;
};

static inline const char *fake_find(const struct fake_pair *pairs, size_t len,
				    const char *name, size_t *ret_len,
				    unsigned int *ret_count)
{
	const char *value = NULL;

	*ret_count = 0;
	for (size_t i = 0; i < len; i++) {
		if (strcasecmp(pairs[i].name, name) != 0)
			continue;
		if (value == NULL) {
			value = pairs[i].value;
			*ret_len = pairs[i].len;
		}
		++*ret_count;
	}
	return value;
}

static inline const char *fake_header(void *ctx, const char *name,
				      size_t *ret_len, unsigned int *ret_count)
{
	struct fake_request *f = ctx;

	return fake_find(f->headers, f->headers_len, name, ret_len, ret_count);
}

static inline const char *fake_query(void *ctx, const char *name,
				     size_t *ret_len, unsigned int *ret_count)
{
	struct fake_request *f = ctx;

	return fake_find(f->query, f->query_len, name, ret_len, ret_count);
}

static inline enum channel_admission fake_admit(const struct channel *ch,
						struct fake_request *f,
						bool get, const void *body,
						size_t body_len,
						struct buf *ret_answer)
{
	struct channel_request rq = {
	    .get = get,
	    .header = fake_header,
	    .query = fake_query,
	    .ctx = f,
	    .body = body,
	    .body_len = body_len,
	};

	*ret_answer = BUF_INIT(1024);
	return ch->driver->admit(ch, &rq, ret_answer);
}

/* An answer of the provider, judged. */
static inline struct channel_outcome judged(const struct channel *ch,
					    enum channel_act_kind kind,
					    enum http_fate fate, long status,
					    const char *body)
{
	struct channel_act act = {.kind = kind, .media_bytes = -1};
	struct http_reply reply = {
	    .fate = fate, .status = status, .retry_after_ms = -1};
	struct channel_outcome outcome;

	reply.body = BUF_INIT(65536);
	if (body != NULL)
		assert_int_equal(buf_append_text(&reply.body, body, NULL), 0);
	ch->driver->answer(ch, &act, &reply, &outcome);
	buf_free(&reply.body);
	return outcome;
}

#endif
