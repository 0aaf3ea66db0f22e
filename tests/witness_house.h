/* witness_house.h - logs in memory with a key, and a witness in a folder. */
#ifndef POSTERN_TESTS_WITNESS_HOUSE_H
#define POSTERN_TESTS_WITNESS_HOUSE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <ftw.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern/durable.h"
#include "postern/text.h"
#include "witness/witness.h"

#define LOG_NAME_HERE "gateway.example.de/audit/tenant-1"
#define WITNESS_NAME  "witness.example.org/dpo"
#define LEAVES_MAX    600

/* --- a log: leaf i is "entry-<i>", with a fork "other-<i>" ---------------- */

struct tree_log {
	struct note_key key;
	uint8_t secret[64];
	uint64_t fork; /* leaves from this index on are others */
};

static inline int tree_read(void *ctx, unsigned int level, uint64_t index,
			    struct merkle_hash *ret, struct err *err)
{
	const struct tree_log *log = ctx;
	struct merkle_hash left, right;
	char text[64];

	if (level == 0) {
		(void)snprintf(text, sizeof(text), "%s-%llu",
			       index < log->fork ? "entry" : "other",
			       (unsigned long long)index);
		merkle_leaf(text, strlen(text), ret);
		return 0;
	}
	if (tree_read(ctx, level - 1, 2 * index, &left, err) != 0 ||
	    tree_read(ctx, level - 1, 2 * index + 1, &right, err) != 0)
		return -1;
	merkle_node(&left, &right, ret);
	return 0;
}

/* The seeds of the fixtures: bytes from first on. */
static inline struct tree_log tree_log(const char *name, uint8_t first)
{
	struct tree_log log = {.fork = UINT64_MAX};
	uint8_t seed[32], public[32];
	struct err err = {0};

	for (size_t i = 0; i < sizeof(seed); i++)
		seed[i] = (uint8_t)(first + i);
	assert_int_equal(crypto_sign_seed_keypair(public, log.secret, seed), 0);
	assert_int_equal(
	    note_key_make(name, NOTE_ED25519, public, &log.key, &err), 0);
	return log;
}

static inline struct tree_log forked(const struct tree_log *log, uint64_t from)
{
	struct tree_log other = *log;

	other.fork = from;
	return other;
}

/* "origin\nsize\nroot\n" without signatures. */
static inline struct buf tree_body(struct tree_log *log, uint64_t size)
{
	struct buf text = BUF_INIT(NOTE_BYTES_MAX);
	struct checkpoint body = {.size = size};
	struct err err = {0};

	memcpy(body.origin, log->key.name, sizeof(body.origin));
	assert_int_equal(merkle_root(size, tree_read, log, &body.root, &err),
			 0);
	assert_int_equal(checkpoint_print(&body, &text, &err), 0);
	return text;
}

/* Text, empty line, one signature of log's key. */
static inline struct buf tree_sign(const struct tree_log *log, struct buf *text)
{
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	struct err err = {0};

	assert_int_equal(buf_append(&note, text->bytes, text->len, &err), 0);
	assert_int_equal(buf_append_text(&note, "\n", &err), 0);
	assert_int_equal(note_sign((const char *)text->bytes, text->len,
				   &log->key, log->secret, &note, &err),
			 0);
	buf_free(text);
	return note;
}

static inline struct buf tree_note(struct tree_log *log, uint64_t size)
{
	struct buf text = tree_body(log, size);

	return tree_sign(log, &text);
}

/* The whole request body, and frees note. */
static inline struct buf request_of(struct tree_log *log, uint64_t old_size,
				    uint64_t size, struct buf *note)
{
	struct buf body = BUF_INIT(2 * ADDCHECKPOINT_BYTES_MAX);
	struct merkle_hash proof[MERKLE_PROOF_MAX];
	struct err err = {0};
	size_t len = 0;

	if (old_size > 0 && old_size < size)
		assert_int_equal(merkle_prove_consistency(old_size, size,
							  tree_read, log, proof,
							  &len, &err),
				 0);
	assert_int_equal(addcheckpoint_print(old_size, proof, len, note->bytes,
					     note->len, &body, &err),
			 0);
	buf_free(note);
	return body;
}

static inline struct buf request(struct tree_log *log, uint64_t old_size,
				 uint64_t size)
{
	struct buf note = tree_note(log, size);

	return request_of(log, old_size, size, &note);
}

/* --- a witness ------------------------------------------------------------ */

static inline int64_t house_wall_ms(struct env *env)
{
	return *(const int64_t *)env->ctx;
}

struct house {
	char dir[64], logs[96];
	struct env env;
	int64_t now_ms;
	struct witness_settings settings;
	struct note_key key;
	uint8_t secret[WITNESS_SECRET_BYTES];
	struct witness *w;
	struct witness_answer answer;
};

static inline void house_watch(struct house *h, const struct note_key *key)
{
	h->settings.logs[h->settings.logs_len++] = *key;
}

static inline int house_open(struct house *h, struct err *err)
{
	const struct witness_conf conf = {.env = &h->env,
					  .dir = h->dir,
					  .settings = &h->settings,
					  .key = &h->key,
					  .secret = h->secret};

	return witness_open(&conf, &h->w, err);
}

/* The key of the fixtures. */
static inline void house_key(struct house *h)
{
	uint8_t seed[32], public[32];
	struct err err = {0};

	for (size_t i = 0; i < sizeof(seed); i++)
		seed[i] = (uint8_t)(0x20 + i);
	assert_int_equal(crypto_sign_seed_keypair(public, h->secret, seed), 0);
	assert_int_equal(note_key_make(WITNESS_NAME, NOTE_COSIGNATURE, public,
				       &h->key, &err),
			 0);
}

static inline int house_set_up(void **state)
{
	struct tree_log log = tree_log(LOG_NAME_HERE, 0);
	struct house *h = calloc(1, sizeof(*h));

	assert_non_null(h);
	(void)snprintf(h->dir, sizeof(h->dir), "/tmp/postern-witness-XXXXXX");
	assert_non_null(mkdtemp(h->dir));
	(void)snprintf(h->logs, sizeof(h->logs), "%s/logs", h->dir);
	assert_int_equal(mkdir(h->logs, 0700), 0);
	h->env = *env_system();
	h->env.wall_ms = house_wall_ms;
	h->env.ctx = &h->now_ms;
	h->now_ms = 1767225600000;
	h->answer.body = BUF_INIT(WITNESS_ANSWER_MAX);
	house_key(h);
	house_watch(h, &log.key);
	assert_int_equal(house_open(h, NULL), 0);
	*state = h;
	return 0;
}

static inline int house_drop(const char *path, const struct stat *st, int type,
			     struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int house_tear_down(void **state)
{
	struct house *h = *state;

	witness_close(&h->w);
	buf_free(&h->answer.body);
	(void)nftw(h->dir, house_drop, 8, FTW_DEPTH | FTW_PHYS);
	free(h);
	return 0;
}

static inline void house_reopen(struct house *h)
{
	witness_close(&h->w);
	assert_int_equal(house_open(h, NULL), 0);
}

/* The status; frees body.  The answer stays in h->answer. */
static inline unsigned int submit(struct house *h, struct buf *body)
{
	struct err err = {0};
	int rc = witness_add(h->w, (const char *)body->bytes, body->len,
			     &h->answer, &err);

	buf_free(body);
	assert_int_equal(rc, h->answer.status == 500 ? -1 : 0);
	return h->answer.status;
}

static inline unsigned int add(struct house *h, struct tree_log *log,
			       uint64_t old_size, uint64_t size)
{
	struct buf body = request(log, old_size, size);

	return submit(h, &body);
}

static inline void assert_says(struct house *h, const char *text)
{
	assert_string_equal(buf_text(&h->answer.body), text);
}

#endif
