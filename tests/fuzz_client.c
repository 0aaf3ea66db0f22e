/* fuzz_client.c - what the keeper's socket answers, into the worker's end.
 *
 * First operations are chosen, then answers: of the right form with any
 * results, or any frame at all.  This file stands in for base/ipc.c.
 * Properties: a run that succeeds has a result or a reason per slot, no longer
 * than asked for; one that fails says why and shows no result; every request is
 * one that the keeper's own reader takes; after a transport that failed the
 * next call has a new connection. */
#include <fcntl.h>
#include <sodium.h>

#include "fuzz_house.h"
#include "keeper/client.h"
#include "keeper/wire.h"
#include "postern/sealed.h"

#define SLOTS_MAX 12
#define CALLS_MAX 6

static struct {
	struct feed feed;
	unsigned int calls;
	bool broken; /* the last transport failed */
	bool ended;  /* the input did: hang up */
	/* of the last request */
	uint16_t ops, type;
} peer;
/* One for all inputs, half a megabyte of buffers; it hangs up after each. */
static struct keeper *keeper;

static struct {
	size_t slot, most;
} slots[SLOTS_MAX];

/* --- the socket ----------------------------------------------------------- */

int ipc_connect(const char *path, int *ret_fd, struct err *err)
{
	(void)path;
	if (feed_byte(&peer.feed) == 0xff)
		return ERR_SET(err, ERR_ABSENT, "nobody there", 0);
	peer.broken = false;
	*ret_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	MUST(*ret_fd >= 0);
	return 0;
}

int ipc_send(int fd, uint16_t type, const void *payload, size_t payload_len,
	     struct err *err)
{
	struct cut c = CUT(payload, payload_len);
	struct wire_op op;
	bool good;

	MUST(fd >= 0 && !peer.broken);
	MUST(payload_len <= IPC_PAYLOAD_MAX);
	peer.type = type;
	peer.ops = 0;
	if (type == FRAME_BATCH) {
		peer.ops = cut_u16(&c);
		for (uint16_t i = 0; i < peer.ops; i++)
			MUST(wire_op_take(&c, &op, &good, NULL) == 0 && good);
		MUST(!c.failed && c.left == 0);
	}
	if (feed_byte(&peer.feed) != 0xfe)
		return 0;
	peer.broken = true;
	return ERR_SET(err, ERR_BUSY, "the peer is gone", 0);
}

static void put(uint8_t *to, size_t *len, const void *bytes, size_t n)
{
	MUST(*len + n <= IPC_PAYLOAD_MAX);
	memcpy(to + *len, bytes, n);
	*len += n;
}

/* As many answers as operations, each of any status and length. */
static size_t formed(uint8_t *to)
{
	uint8_t head[WIRE_ANSWER_HEADER] = {0}, bytes[255];
	size_t len = 0;

	put(to, &len, (uint8_t[]){(uint8_t)(peer.ops >> 8), (uint8_t)peer.ops},
	    2);
	for (uint16_t i = 0; i < peer.ops; i++) {
		uint8_t status = feed_byte(&peer.feed), n = 0;

		head[0] = status % 8 < 5 ? WIRE_DONE : status % 8 - 4;
		if (status < 250)
			n = feed_byte(&peer.feed);
		head[4] = n;
		memset(bytes, status, sizeof(bytes));
		put(to, &len, head, sizeof(head));
		put(to, &len, bytes, n);
	}
	return len;
}

int ipc_receive(int fd, int timeout_ms, uint8_t *buffer, struct ipc_frame *ret,
		struct err *err)
{
	uint8_t kind = feed_byte(&peer.feed), *payload;
	size_t len = 0;

	MUST(fd >= 0 && timeout_ms >= 0);
	payload = buffer + IPC_HEADER_BYTES;
	if (kind == 0xff || peer.ended) {
		peer.broken = true;
		return ERR_SET(
		    err, feed_byte(&peer.feed) % 2 ? ERR_BUSY : ERR_CORRUPT,
		    "no frame", 0);
	}
	ret->type = kind % 4 == 3    ? FRAME_FAILED
		    : kind % 16 == 4 ? feed_byte(&peer.feed)
				     : FRAME_DONE;
	if (kind % 4 == 0 && peer.type == FRAME_BATCH) {
		len = formed(payload);
	} else {
		len = feed_byte(&peer.feed);
		len = len < peer.feed.left ? len : peer.feed.left;
		memcpy(payload, peer.feed.at, len);
		peer.feed.at += len;
		peer.feed.left -= len;
	}
	ret->payload = payload;
	ret->payload_len = len;
	if (ret->type != FRAME_DONE && ret->type != FRAME_FAILED)
		peer.broken = true;
	return 0;
}

/* --- what is asked -------------------------------------------------------- */

static size_t add(struct keeper_batch *b, struct feed *f, size_t *ret_most)
{
	static const uint8_t bytes[255 * 700] = {SEALED_VERSION};
	static const struct key_ref key = {
	    .person = 7, .datenart = {"MSG"}, .year = 2026};
	uint8_t what = feed_byte(f);
	/* Several chunks now and then only: they take the time of hundreds. */
	size_t len = feed_byte(f) * (size_t)(what >= 248 ? 700 : 1);

	*ret_most = 32;
	switch (what % 8) {
	case 0:
		*ret_most = sealed_len(len);
		return keeper_add_seal(b, &key, 1, FIELD_CONTENT, bytes, len);
	case 1:
		*ret_most = len;
		return keeper_add_open(b, &key, 1, FIELD_CONTENT, bytes, len);
	case 2:
		*ret_most = len;
		return keeper_add_open_spool(b, bytes, SPOOL_BOX_BYTES, bytes,
					     what, bytes, len);
	case 3:
		return keeper_add_index(b, "phone", "DE", "4917", 4);
	case 4:
		return keeper_add_hash(b, "token", bytes, len);
	case 5:
		return keeper_add_commit(b, &key, "record", bytes, len);
	case 6:
		return keeper_add_file_key(b, &key, 1);
	default:
		*ret_most = 4;
		return what < 128 ? keeper_add_shred(b, 7, NULL)
				  : keeper_add_forget_spool(b, what);
	}
}

static void check_results(const struct keeper_batch *b, size_t len, int rc)
{
	const uint8_t *bytes, *at;
	volatile uint8_t sum = 0;
	struct err err;
	size_t n;

	for (size_t i = 0; i < len; i++) {
		bytes = NULL;
		err = (struct err){0};
		if (keeper_result(b, slots[i].slot, &bytes, &n, &err) != 0) {
			MUST(err.kind == ERR_INPUT ||
			     (rc == 0 && (err.kind == ERR_CORRUPT ||
					  err.kind == ERR_ABSENT)));
			continue;
		}
		MUST(rc == 0 && n <= slots[i].most);
		at = bytes;
		for (size_t k = 0; k < n; k++)
			sum = (uint8_t)(sum + at[k]);
	}
	MUST(keeper_result(b, len + 1, &bytes, &n, NULL) != 0);
}

static void run_batch(void)
{
	struct keeper_batch *b = NULL;
	struct err err = {0};
	size_t len = feed_byte(&peer.feed) % SLOTS_MAX;
	bool ask = feed_byte(&peer.feed) % 4 != 0;
	int rc;

	MUST(keeper_batch_new(keeper, &b, NULL) == 0);
	for (size_t i = 0; i < len; i++)
		slots[i].slot = add(b, &peer.feed, &slots[i].most);
	/* A second run forgets what the first one brought. */
	for (int again = 0; again < 2; again++) {
		rc = keeper_run(b, ask ? &err : NULL);
		MUST(rc == 0 || !ask || err.kind != ERR_NONE);
		MUST(rc == 0 || !ask || err.what != NULL);
		check_results(b, len, rc);
	}
	keeper_batch_free(&b);
}

static void run_status(void)
{
	struct keeper_status s;
	struct err err = {0};

	if (keeper_status(keeper, &s, &err) != 0) {
		MUST(err.kind != ERR_NONE);
		return;
	}
	MUST(memchr(s.source, '\0', sizeof(s.source)) != NULL);
	MUST(memchr(s.reason, '\0', sizeof(s.reason)) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (sodium_init() < 0)
		abort();
	memset(&peer, 0, sizeof(peer));
	peer.feed = (struct feed){data, size};
	MUST(keeper != NULL || keeper_open("/x", &keeper, NULL) == 0);
	while (peer.feed.left > 0 && peer.calls++ < CALLS_MAX) {
		switch (feed_byte(&peer.feed) % 8) {
		case 0:
			run_status();
			break;
		case 1:
			(void)keeper_lock(keeper, NULL);
			break;
		case 2:
			(void)keeper_unlock(keeper, "a", 1, NULL);
			break;
		case 3:
			(void)keeper_rotate(keeper, NULL);
			break;
		default:
			run_batch();
		}
	}
	peer.ended = true;
	(void)keeper_lock(keeper, NULL);
	return 0;
}
