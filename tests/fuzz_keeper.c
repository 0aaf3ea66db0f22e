/* fuzz_keeper.c - the payload of a batch frame, into the operations of an
 * unlocked vault in a temporary directory; the frames of the log's signer; and
 * the keeper's other inputs: root key file, status answers, state of the
 * log. */
#include <ftw.h>
#include <sodium.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keeper/logsign.h"
#include "keeper/ops.h"
#include "keeper/wire.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	char dir[64];
	struct vault *vault;
	uint8_t answer[IPC_PAYLOAD_MAX];
} house;

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void tidy(void)
{
	vault_close(&house.vault);
	(void)nftw(house.dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	struct env *env;
	struct err err;

	(void)argc;
	(void)argv;
	if (sodium_init() < 0)
		abort();
	env = env_system();
	(void)snprintf(house.dir, sizeof(house.dir), "%s/keeper-XXXXXX", tmp);
	if (mkdtemp(house.dir) == NULL ||
	    keeper_init(env, house.dir, "", 0, &err) != 0 ||
	    vault_open(env, house.dir, NULL, &house.vault, &err) != 0 ||
	    vault_unlock(house.vault, "", 0, &err) != 0)
		abort();
	(void)atexit(tidy);
	return 0;
}

/* What is answered must be framed as the client reads it. */
static void check_answer(const uint8_t *payload, size_t payload_len,
			 size_t answer_len)
{
	struct cut c = CUT(house.answer, answer_len);
	uint16_t count = cut_u16(&c);

	if (payload_len < 2 || payload[0] != house.answer[0] ||
	    payload[1] != house.answer[1])
		abort();
	for (uint16_t i = 0; i < count; i++) {
		uint8_t status = cut_u8(&c);
		size_t len = cut_u32(&c);

		(void)cut_bytes(&c, len);
		if (status >= WIRE_STATUSES || (status != 0 && len != 0))
			abort();
	}
	if (c.failed || c.left != 0)
		abort();
}

/* Any bytes as a frame of the log's signer: it signs nothing shorter than what
 * it signed before. */
static void log_frames(const uint8_t *data, size_t size)
{
	static const uint16_t types[] = {FRAME_LOG_STATUS, FRAME_LOG_SIGN,
					 FRAME_LOG_KEYS};
	static uint64_t signed_last;
	struct log_state s;
	struct err err = {0};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		const struct ipc_frame f = {
		    .type = types[i], .payload = data, .payload_len = size};
		uint16_t type = 0;
		size_t len = 0;

		if (frame_answer(house.vault, &f, &type, house.answer, &len) ==
		    FRAME_UNTRUSTED)
			abort();
	}
	if (logkey_open(house.vault, "", &s, &err) != 0 || s.size < signed_last)
		abort();
	signed_last = s.size;
}

/* What is read is what would be written. */
static void log_bytes(const uint8_t *data, size_t size)
{
	static struct keeper_log_key keys[KEEPER_LOG_KEYS_MAX];
	struct buf b = BUF_INIT(LOG_STATE_MAX);
	struct keeper_log log;
	struct log_state s;
	struct err err = {0};
	size_t len;

	if (log_state_take(data, size, &s, &err) == 0 &&
	    (log_state_put(&b, &s, &err) != 0 || b.len != size ||
	     memcmp(b.bytes, data, size) != 0))
		abort();
	buf_free(&b);
	(void)log_status_take(data, size, &log, &err);
	if (log_keys_take(data, size, keys, &len, &err) == 0 &&
	    len > KEEPER_LOG_KEYS_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct keeper_status st;
	struct rootkey key;
	struct err err = {0};
	size_t len = 0;

	if (size > IPC_PAYLOAD_MAX)
		return 0;
	if (ops_run(house.vault, data, size, house.answer, &len, &err) == 0)
		check_answer(data, size, len);
	else if (err.kind == ERR_STORAGE)
		abort();
	if (keystore_in_transaction(house.vault->store))
		abort();
	log_frames(data, size);
	log_bytes(data, size);
	(void)rootkey_parse((const char *)data, size, &key, &err);
	(void)wire_status_take(data, size, &st, &err);
	return 0;
}
