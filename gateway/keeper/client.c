/* client.c - the connection to the keeper and what an operator asks. */
#include "keeper/client.h"

#include <sodium.h>
#include <unistd.h>

#include "keeper/reason.h"
#include "keeper/wire.h"

#define SOCKET_PATH_BYTES 1024
#define CALL_MS		  10000
#define SLOW_CALL_MS	  120000 /* Argon2id; re-wrapping a million keys */

struct keeper {
	char path[SOCKET_PATH_BYTES];
	int fd; /* -1: not connected */
	size_t request_used, answer_used;
	uint8_t request[IPC_PAYLOAD_MAX];
	uint8_t answer[IPC_FRAME_MAX];
};

int64_t client_clock_ms(void)
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail */
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int keeper_open(const char *socket_path, struct keeper **ret, struct err *err)
{
	struct keeper *k = calloc(1, sizeof(*k));
	int n;

	if (k == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory", 0);
	k->fd = -1;
	n = snprintf(k->path, sizeof(k->path), "%s", socket_path);
	if (n < 0 || (size_t)n >= sizeof(k->path)) {
		free(k);
		return ERR_SET(err, ERR_INPUT, "path is too long", 0);
	}
	*ret = k;
	return 0;
}

static void hang_up(struct keeper *k)
{
	if (k->fd >= 0)
		(void)close(k->fd); /* nothing is buffered here */
	k->fd = -1;
}

void keeper_close(struct keeper **k)
{
	if (*k == NULL)
		return;
	hang_up(*k);
	sodium_memzero(*k, sizeof(**k));
	free(*k);
	*k = NULL;
}

uint8_t *client_request(struct keeper *k)
{
	return k->request;
}

void client_wipe(struct keeper *k)
{
	sodium_memzero(k->request, k->request_used);
	sodium_memzero(k->answer, k->answer_used);
	k->request_used = 0;
	k->answer_used = 0;
}

/* A connection that was left open may lead to a keeper that is gone; then
 * nothing was sent and the new one is asked. */
static int send_frame(struct keeper *k, uint16_t type, const void *payload,
		      size_t len, struct err *err)
{
	if (k->fd >= 0) {
		if (ipc_send(k->fd, type, payload, len, err) == 0)
			return 0;
		hang_up(k);
	}
	if (ipc_connect(k->path, &k->fd, err) != 0) {
		k->fd = -1;
		err->kind = ERR_BUSY; /* whatever it is: away */
		return -1;
	}
	return ipc_send(k->fd, type, payload, len, err);
}

static const enum err_kind kinds[] = {ERR_NONE,	   ERR_INPUT,	ERR_DENIED,
				      ERR_ABSENT,  ERR_BUSY,	ERR_UNCERTAIN,
				      ERR_CORRUPT, ERR_STORAGE, ERR_NOMEM};

/* The error that the keeper named. */
static int failed(const struct ipc_frame *f, struct err *err)
{
	enum err_kind kind = ERR_CORRUPT;

	if (f->payload_len != 2 ||
	    f->payload[0] >= sizeof(kinds) / sizeof(kinds[0]) ||
	    f->payload[0] == ERR_NONE)
		return ERR_SET(err, ERR_CORRUPT, "a broken answer", 0);
	kind = kinds[f->payload[0]];
	if (reason_text(f->payload[1])[0] != '\0')
		return REASON_SET(err, kind, f->payload[1]);
	return ERR_SET(err, kind, "the keeper could not do it", 0);
}

int client_call(struct keeper *k, uint16_t type, const void *payload,
		size_t len, int64_t deadline_ms, struct ipc_frame *ret,
		struct err *err)
{
	struct ipc_frame f;
	struct err ignored;
	int64_t left;

	if (err == NULL)
		err = &ignored;
	if (payload == k->request && len > k->request_used)
		k->request_used = len;
	left = deadline_ms - client_clock_ms();
	if (left <= 0)
		return ERR_SET(err, ERR_BUSY, "the keeper is slow", 0);
	if (send_frame(k, type, payload, len, err) != 0)
		goto fail;
	left = deadline_ms - client_clock_ms();
	if (ipc_receive(k->fd, left > 0 ? (int)left : 0, k->answer, &f, err) !=
	    0)
		goto fail;
	if (IPC_HEADER_BYTES + f.payload_len > k->answer_used)
		k->answer_used = IPC_HEADER_BYTES + f.payload_len;
	if (f.type == FRAME_FAILED)
		return failed(&f, err);
	if (f.type != FRAME_DONE) {
		ERR_SET(err, ERR_BUSY, "a broken answer", 0);
		goto fail;
	}
	*ret = f;
	return 0;
fail:
	hang_up(k);
	if (err->kind == ERR_CORRUPT)
		err->kind = ERR_BUSY; /* of the transport, not of the data */
	return -1;
}

/* --- operator ---------------------------------------------------------------
 */

int keeper_status(struct keeper *k, struct keeper_status *ret, struct err *err)
{
	struct ipc_frame f;

	if (client_call(k, FRAME_STATUS, NULL, 0, client_clock_ms() + CALL_MS,
			&f, err) != 0)
		return -1;
	return wire_status_take(f.payload, f.payload_len, ret, err);
}

int keeper_lock(struct keeper *k, struct err *err)
{
	struct ipc_frame f;

	return client_call(k, FRAME_LOCK, NULL, 0, client_clock_ms() + CALL_MS,
			   &f, err);
}

int keeper_unlock(struct keeper *k, const void *passphrase, size_t len,
		  struct err *err)
{
	struct ipc_frame f;

	if (len > WIRE_PASSPHRASE_MAX)
		return ERR_SET(err, ERR_INPUT, "passphrase is too long", 0);
	return client_call(k, FRAME_UNLOCK, passphrase, len,
			   client_clock_ms() + SLOW_CALL_MS, &f, err);
}

int keeper_rotate(struct keeper *k, struct err *err)
{
	struct ipc_frame f;

	return client_call(k, FRAME_ROTATE, NULL, 0,
			   client_clock_ms() + SLOW_CALL_MS, &f, err);
}
