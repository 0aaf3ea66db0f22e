/* test_keeper.c - the keeper's process, asked through its client.
 * Proves: compliance 7.1, 7.3, 7.4; assurance 5.2, 5.5. */
#include "keeper_house.h"

#include <stdbool.h>
#include <sys/resource.h>

#include "keeper/wire.h"
#include "postern/blindindex.h"
#include "postern/sealed.h"

static int setup(void **state)
{
	struct house *h = calloc(1, sizeof(*h));

	assert_non_null(h);
	house_init(h, "");
	house_start(h);
	*state = h;
	return 0;
}

static int teardown(void **state)
{
	struct house *h = *state;

	house_close(h);
	free(h);
	return 0;
}

static struct keeper_batch *batch_of(struct keeper *k)
{
	struct keeper_batch *b = NULL;
	struct err err;

	assert_int_equal(keeper_batch_new(k, &b, &err), 0);
	return b;
}

static void run(struct keeper_batch *b)
{
	struct err err = {0};

	assert_int_equal(keeper_run(b, &err), 0);
}

static enum err_kind result_kind(const struct keeper_batch *b, size_t slot)
{
	const uint8_t *bytes;
	struct err err = {0};
	size_t len;

	return keeper_result(b, slot, &bytes, &len, &err) == 0 ? ERR_NONE
							       : err.kind;
}

static const uint8_t *result(const struct keeper_batch *b, size_t slot,
			     size_t *ret_len)
{
	const uint8_t *bytes = NULL;
	struct err err = {0};

	assert_int_equal(keeper_result(b, slot, &bytes, ret_len, &err), 0);
	return bytes;
}

/* Seals and copies the result. */
static uint8_t *seal(struct keeper *k, const struct key_ref *ref,
		     int64_t record, enum seal_field field, const void *clear,
		     size_t len, size_t *ret_len)
{
	struct keeper_batch *b = batch_of(k);
	size_t slot = keeper_add_seal(b, ref, record, field, clear, len);
	const uint8_t *bytes;
	uint8_t *copy;

	run(b);
	bytes = result(b, slot, ret_len);
	copy = malloc(*ret_len);
	assert_non_null(copy);
	memcpy(copy, bytes, *ret_len);
	keeper_batch_free(&b);
	return copy;
}

static enum err_kind open_kind(struct keeper *k, const struct key_ref *ref,
			       int64_t record, enum seal_field field,
			       const void *sealed, size_t len)
{
	struct keeper_batch *b = batch_of(k);
	size_t slot = keeper_add_open(b, ref, record, field, sealed, len);
	enum err_kind kind;

	run(b);
	kind = result_kind(b, slot);
	keeper_batch_free(&b);
	return kind;
}

static void values_of_any_length_come_back(void **state)
{
	static const size_t lens[] = {
	    0, 1, 65535, 65536, 65537, 2 * 65536, 300000, 4u << 20, 160 << 10};
	struct house *h = *state;
	struct key_ref ref = ref_of(7, "MSG_SUPPORT", 2026);
	uint8_t *clear = malloc(4u << 20);

	assert_non_null(clear);
	randombytes_buf(clear, 4u << 20);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct keeper_batch *b = batch_of(h->keeper);
		size_t len, slot, other;
		uint8_t *sealed =
		    seal(h->keeper, &ref, 1, FIELD_RAW, clear, lens[i], &len);

		assert_int_equal(len, sealed_len(lens[i]));
		slot = keeper_add_open(b, &ref, 1, FIELD_RAW, sealed, len);
		other = keeper_add_hash(b, "token", "x", 1);
		run(b);
		assert_memory_equal(result(b, slot, &len), clear, lens[i]);
		assert_int_equal(len, lens[i]);
		(void)result(b, other, &len);
		assert_int_equal(len, 32);
		keeper_batch_free(&b);
		free(sealed);
	}
	free(clear);
}

static void a_blob_with_any_bit_changed_does_not_open(void **state)
{
	struct house *h = *state;
	struct key_ref ref = ref_of(7, "MSG_SUPPORT", 2026);
	struct keeper_batch *b = batch_of(h->keeper);
	size_t len, first = 0;
	uint8_t *sealed =
	    seal(h->keeper, &ref, 1, FIELD_CONTENT, "hello", 5, &len);

	for (size_t bit = 0; bit < len * 8; bit++) {
		size_t slot;

		sealed[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		slot = keeper_add_open(b, &ref, 1, FIELD_CONTENT, sealed, len);
		sealed[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		if (bit == 0)
			first = slot;
	}
	for (size_t cut = 0; cut < len; cut++)
		(void)keeper_add_open(b, &ref, 1, FIELD_CONTENT, sealed, cut);
	run(b);
	for (size_t i = 0; i < len * 8 + len; i++)
		assert_int_equal(result_kind(b, first + i), ERR_CORRUPT);
	keeper_batch_free(&b);
	assert_int_equal(
	    open_kind(h->keeper, &ref, 1, FIELD_CONTENT, sealed, len),
	    ERR_NONE);
	free(sealed);
}

static void a_blob_moved_elsewhere_does_not_open(void **state)
{
	struct house *h = *state;
	struct key_ref here = ref_of(7, "MSG_SUPPORT", 2026);
	const struct key_ref others[] = {ref_of(8, "MSG_SUPPORT", 2026),
					 ref_of(7, "MSG_BUSINESS", 2026),
					 ref_of(7, "MSG_SUPPORT", 2025)};
	size_t len, other_len;
	uint8_t *sealed =
	    seal(h->keeper, &here, 1, FIELD_CONTENT, "hello", 5, &len);

	assert_int_equal(
	    open_kind(h->keeper, &here, 2, FIELD_CONTENT, sealed, len),
	    ERR_CORRUPT);
	assert_int_equal(
	    open_kind(h->keeper, &here, 1, FIELD_PROFILE, sealed, len),
	    ERR_CORRUPT);
	for (size_t i = 0; i < 3; i++) {
		/* there is no key yet, and opening must not make one */
		for (int twice = 0; twice < 2; twice++)
			assert_int_equal(open_kind(h->keeper, &others[i], 1,
						   FIELD_CONTENT, sealed, len),
					 ERR_ABSENT);
		free(seal(h->keeper, &others[i], 1, FIELD_CONTENT, "x", 1,
			  &other_len));
		assert_int_equal(open_kind(h->keeper, &others[i], 1,
					   FIELD_CONTENT, sealed, len),
				 ERR_CORRUPT);
	}
	free(sealed);
}

static void chunks_of_a_value_cannot_be_swapped_or_left_out(void **state)
{
	const size_t chunk = SEALED_CHUNK_BYTES + SEALED_CHUNK_OVERHEAD;
	struct house *h = *state;
	struct key_ref ref = ref_of(7, "RAW", 2026);
	uint8_t *clear = calloc(3, SEALED_CHUNK_BYTES);
	uint8_t *swapped;
	size_t len;
	uint8_t *sealed;

	assert_non_null(clear);
	sealed = seal(h->keeper, &ref, 1, FIELD_RAW, clear,
		      3 * SEALED_CHUNK_BYTES, &len);
	assert_int_equal(len, 1 + 3 * chunk);
	swapped = malloc(len);
	assert_non_null(swapped);
	memcpy(swapped, sealed, len);
	memcpy(swapped + 1, sealed + 1 + chunk, chunk);
	memcpy(swapped + 1 + chunk, sealed + 1, chunk);
	assert_int_equal(open_kind(h->keeper, &ref, 1, FIELD_RAW, swapped, len),
			 ERR_CORRUPT);
	assert_int_equal(
	    open_kind(h->keeper, &ref, 1, FIELD_RAW, sealed, len - chunk),
	    ERR_CORRUPT);
	free(swapped);
	free(sealed);
	free(clear);
}

static void only_sealing_makes_a_key(void **state)
{
	struct house *h = *state;
	struct key_ref ref = ref_of(9, "MEDIA", 2026);
	struct keeper_batch *b = batch_of(h->keeper);
	struct keeper_status st;
	struct err err;
	size_t commit = keeper_add_commit(b, &ref, "r", "p", 1);
	size_t file = keeper_add_file_key(b, &ref, 1);
	size_t sealed = keeper_add_seal(b, &ref, 1, FIELD_MEDIA, "m", 1);
	size_t commit2 = keeper_add_commit(b, &ref, "r", "p", 1);
	size_t file2 = keeper_add_file_key(b, &ref, 1);
	size_t file3 = keeper_add_file_key(b, &ref, 2);
	size_t len;

	run(b);
	assert_int_equal(result_kind(b, commit), ERR_ABSENT);
	assert_int_equal(result_kind(b, file), ERR_ABSENT);
	assert_int_equal(result_kind(b, sealed), ERR_NONE);
	assert_int_equal(result_kind(b, commit2), ERR_NONE);
	assert_memory_not_equal(result(b, file2, &len), result(b, file3, &len),
				32);
	keeper_batch_free(&b);
	assert_int_equal(keeper_status(h->keeper, &st, &err), 0);
	assert_int_equal(st.data_keys, 1);
	assert_false(st.locked);
	assert_string_equal(st.source, "file");
	assert_string_equal(st.reason, "");
}

static void hashes_have_a_key_per_use_and_indexes_a_spelling(void **state)
{
	struct house *h = *state;
	struct keeper_batch *b = batch_of(h->keeper);
	uint8_t *large = calloc(1, 1u << 20);
	uint8_t from_files[32];
	struct err err;
	size_t len;

	assert_non_null(large);
	size_t token = keeper_add_hash(b, "token", "abc", 3);
	size_t again = keeper_add_hash(b, "token", "abc", 3);
	size_t other = keeper_add_hash(b, "fingerprint", "abc", 3);
	size_t big = keeper_add_hash(b, "fingerprint", large, 1u << 20);
	size_t none = keeper_add_hash(b, "index", "abc", 3);
	size_t a = keeper_add_index(b, "phone", "49", "0170/123", 8);
	size_t c = keeper_add_index(b, "phone", "49", "+49 170 123", 11);
	size_t bad = keeper_add_index(b, "phone", "49", "  ", 2);
	run(b);
	assert_memory_equal(result(b, token, &len), result(b, again, &len), 32);
	assert_memory_not_equal(result(b, token, &len), result(b, other, &len),
				32);
	assert_int_equal(result_kind(b, big), ERR_NONE);
	assert_int_equal(result_kind(b, none), ERR_INPUT);
	assert_memory_equal(result(b, a, &len), result(b, c, &len), 32);
	assert_int_equal(len, 32);
	assert_int_equal(result_kind(b, bad), ERR_INPUT);
	/* `init` made the same from the files */
	assert_int_equal(house_kill(h, SIGTERM), 0);
	assert_int_equal(keeper_init_hash(h->dir, "", 0, "token", "abc", 3,
					  from_files, &err),
			 0);
	assert_memory_equal(result(b, token, &len), from_files, 32);
	keeper_batch_free(&b);
	free(large);
}

/* Of one Datenart, of all; a name that is none is refused. */
static void keys_are_counted_and_stay(void **state)
{
	struct house *h = *state;
	struct key_ref refs[] = {ref_of(7, "MSG", 2025), ref_of(7, "MSG", 2026),
				 ref_of(7, "MEDIA", 2026),
				 ref_of(8, "MSG", 2026)};
	struct name none = {""};
	size_t slots[5], len;
	struct keeper_batch *b;

	for (size_t i = 0; i < 4; i++)
		free(seal(h->keeper, &refs[i], 1, FIELD_CONTENT, "x", 1, &len));
	for (int round = 0; round < 2; round++) {
		b = batch_of(h->keeper);
		slots[0] = keeper_add_count_keys(b, 7, NULL);
		slots[1] = keeper_add_count_keys(b, 7, &refs[0].datenart);
		slots[2] = keeper_add_count_keys(b, 8, NULL);
		slots[3] = keeper_add_count_keys(b, 9, NULL);
		slots[4] = keeper_add_count_keys(b, 7, &none);
		run(b);
		assert_memory_equal(result(b, slots[0], &len), "\0\0\0\3", 4);
		assert_memory_equal(result(b, slots[1], &len), "\0\0\0\2", 4);
		assert_memory_equal(result(b, slots[2], &len), "\0\0\0\1", 4);
		assert_memory_equal(result(b, slots[3], &len), "\0\0\0\0", 4);
		keeper_batch_free(&b);
	}
	assert_false(house_has(h, "erasures.log"));
}

static void shredding_destroys_exactly_what_was_asked_for(void **state)
{
	struct house *h = *state;
	struct key_ref refs[] = {ref_of(7, "MSG", 2025), ref_of(7, "MSG", 2026),
				 ref_of(7, "MEDIA", 2026),
				 ref_of(8, "MSG", 2026)};
	struct name msg = refs[0].datenart;
	uint8_t *sealed[4];
	size_t len[4], one, rest, result_len;
	struct keeper_batch *b;
	char log[256] = "";

	for (size_t i = 0; i < 4; i++)
		sealed[i] = seal(h->keeper, &refs[i], 1, FIELD_CONTENT, "x", 1,
				 &len[i]);
	assert_false(house_has(h, "erasures.log"));
	b = batch_of(h->keeper);
	one = keeper_add_shred(b, 7, &msg);
	run(b);
	assert_memory_equal(result(b, one, &result_len), "\0\0\0\2", 4);
	keeper_batch_free(&b);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(open_kind(h->keeper, &refs[i], 1,
					   FIELD_CONTENT, sealed[i], len[i]),
				 i < 2 ? ERR_ABSENT : ERR_NONE);
	b = batch_of(h->keeper);
	rest = keeper_add_shred(b, 7, NULL);
	one = keeper_add_shred(b, 7, NULL);
	run(b);
	assert_memory_equal(result(b, rest, &result_len), "\0\0\0\1", 4);
	assert_memory_equal(result(b, one, &result_len), "\0\0\0\0", 4);
	keeper_batch_free(&b);
	assert_int_equal(
	    open_kind(h->keeper, &refs[2], 1, FIELD_CONTENT, sealed[2], len[2]),
	    ERR_ABSENT);
	assert_int_equal(
	    open_kind(h->keeper, &refs[3], 1, FIELD_CONTENT, sealed[3], len[3]),
	    ERR_NONE);
	assert_true(house_read(h, "erasures.log", log, sizeof(log) - 1) > 0);
	assert_non_null(strstr(log, " 7 MSG 2\n"));
	assert_non_null(strstr(log, " 7 * 1\n"));
	for (size_t i = 0; i < 4; i++)
		free(sealed[i]);
}

static void a_lock_wipes_and_an_unlock_brings_everything_back(void **state)
{
	struct house *h = *state;
	struct key_ref ref = ref_of(7, "MSG", 2026);
	struct keeper_batch *b = batch_of(h->keeper);
	struct keeper_status st;
	struct err err = {0};
	size_t len, slot;
	uint8_t *sealed =
	    seal(h->keeper, &ref, 1, FIELD_CONTENT, "hello", 5, &len);

	assert_int_equal(keeper_lock(h->keeper, &err), 0);
	slot = keeper_add_open(b, &ref, 1, FIELD_CONTENT, sealed, len);
	assert_int_equal(keeper_run(b, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_int_equal(keeper_rotate(h->keeper, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_int_equal(keeper_status(h->keeper, &st, &err), 0);
	assert_true(st.locked);
	assert_string_equal(st.reason, "locked by an operator; unlock it");
	assert_int_equal(keeper_unlock(h->keeper, "", 0, &err), 0);
	run(b); /* the same batch again */
	assert_memory_equal(result(b, slot, &len), "hello", 5);
	keeper_batch_free(&b);
	free(sealed);
}

static void rotation_keeps_what_was_sealed_and_changes_the_pair(void **state)
{
	struct house *h = *state;
	struct key_ref ref = ref_of(7, "MSG", 2026);
	struct keeper_status before, after;
	struct err err = {0};
	char old[1024], new[1024];
	size_t len, old_len;
	uint8_t *sealed =
	    seal(h->keeper, &ref, 1, FIELD_CONTENT, "hello", 5, &len);

	old_len = house_read(h, "keys/root", old, sizeof(old));
	assert_int_equal(keeper_status(h->keeper, &before, &err), 0);
	assert_int_equal(keeper_rotate(h->keeper, &err), 0);
	assert_int_equal(keeper_status(h->keeper, &after, &err), 0);
	assert_int_equal(after.root_epoch, before.root_epoch + 1);
	assert_int_equal(after.spool_pair, before.spool_pair + 1);
	assert_int_equal(house_read(h, "keys/root", new, sizeof(new)), old_len);
	assert_memory_not_equal(old, new, old_len);
	assert_false(house_has(h, "keys/root.new"));
	assert_int_equal(house_kill(h, SIGKILL), SIGKILL);
	house_start(h);
	assert_int_equal(
	    open_kind(h->keeper, &ref, 1, FIELD_CONTENT, sealed, len),
	    ERR_NONE);
	free(sealed);
}

/* What the intake does at the start of a segment. */
static void make_box(const struct house *h, const uint8_t key[32],
		     uint8_t ret[SPOOL_BOX_BYTES])
{
	struct spool_public pub;
	struct err err;
	char path[256];

	house_path(h, "keys/spool.pub", path);
	assert_int_equal(spool_public_read(path, &pub, &err), 0);
	for (int i = 0; i < 4; i++)
		ret[i] = (uint8_t)(pub.pair >> (24 - 8 * i));
	assert_int_equal(crypto_box_seal(ret + 4, key, 32, pub.key), 0);
}

static enum err_kind spool_kind(struct keeper *k, const uint8_t *box,
				const char *aad, const uint8_t *sealed,
				size_t len)
{
	struct keeper_batch *b = batch_of(k);
	size_t slot = keeper_add_open_spool(b, box, SPOOL_BOX_BYTES, aad,
					    strlen(aad), sealed, len);
	enum err_kind kind;

	run(b);
	kind = result_kind(b, slot);
	keeper_batch_free(&b);
	return kind;
}

static uint32_t forget(struct keeper *k, uint32_t oldest)
{
	struct keeper_batch *b = batch_of(k);
	size_t slot = keeper_add_forget_spool(b, oldest);
	size_t len;
	uint32_t n;

	run(b);
	n = result(b, slot, &len)[3];
	keeper_batch_free(&b);
	return n;
}

static void spool_bodies_open_until_their_pair_is_forgotten(void **state)
{
	struct house *h = *state;
	uint8_t key[32], box[SPOOL_BOX_BYTES], new_box[SPOOL_BOX_BYTES];
	uint8_t *clear = calloc(1, 200000);
	uint8_t *sealed = malloc(sealed_len(200000));
	size_t len = sealed_len(200000);
	struct keeper *k = h->keeper;
	struct err err;

	assert_non_null(clear);
	assert_non_null(sealed);
	randombytes_buf(key, sizeof(key));
	sealed_seal(key, "a", 1, clear, 200000, sealed);
	make_box(h, key, box);
	assert_int_equal(spool_kind(k, box, "a", sealed, len), ERR_NONE);
	assert_int_equal(spool_kind(k, box, "b", sealed, len), ERR_CORRUPT);
	assert_int_equal(keeper_rotate(k, &err), 0);
	make_box(h, key, new_box);
	assert_int_equal(spool_kind(k, new_box, "a", sealed, len), ERR_NONE);
	/* the old pair still lives, and its number belongs to the box */
	assert_int_equal(spool_kind(k, box, "a", sealed, len), ERR_NONE);
	box[3] ^= 3;
	assert_int_equal(spool_kind(k, box, "a", sealed, len), ERR_CORRUPT);
	box[3] ^= 3;
	assert_int_equal(forget(k, 1), 0);
	assert_int_equal(forget(k, 77), 0); /* never given out */
	assert_int_equal(forget(k, 2), 1);
	assert_int_equal(spool_kind(k, box, "a", sealed, len), ERR_ABSENT);
	assert_int_equal(spool_kind(k, new_box, "a", sealed, len), ERR_NONE);
	free(sealed);
	free(clear);
}

static void a_killed_keeper_is_found_again_by_the_same_client(void **state)
{
	struct house *h = *state;
	struct key_ref ref = ref_of(7, "MSG", 2026);
	struct keeper_batch *b = batch_of(h->keeper);
	struct err err = {0};
	size_t len, slot;
	uint8_t *sealed =
	    seal(h->keeper, &ref, 1, FIELD_CONTENT, "hello", 5, &len);

	slot = keeper_add_open(b, &ref, 1, FIELD_CONTENT, sealed, len);
	assert_int_equal(house_kill(h, SIGKILL), SIGKILL);
	assert_int_equal(keeper_run(b, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_int_equal(result_kind(b, slot), ERR_INPUT);
	house_start(h);
	run(b);
	assert_memory_equal(result(b, slot, &len), "hello", 5);
	keeper_batch_free(&b);
	free(sealed);
}

static void two_clients_share_one_key(void **state)
{
	struct house *h = *state;
	struct keeper *second = NULL;
	struct key_ref ref = ref_of(7, "MSG", 2026);
	struct keeper_status st;
	struct err err;
	pid_t pid;
	int status;

	assert_int_equal(keeper_open(h->socket, &second, &err), 0);
	pid = fork();
	assert_true(pid >= 0);
	for (int i = 0; i < 50; i++) {
		struct keeper *k = pid == 0 ? second : h->keeper;
		size_t len;
		uint8_t *sealed;

		ref.year = (uint16_t)(2000 + i);
		sealed = seal(k, &ref, i, FIELD_CONTENT, "hello", 5, &len);
		if (open_kind(k, &ref, i, FIELD_CONTENT, sealed, len) !=
		    ERR_NONE)
			_exit(1);
		free(sealed);
	}
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(keeper_status(h->keeper, &st, &err), 0);
	assert_int_equal(st.data_keys, 50);
	keeper_close(&second);
}

static void hostile_frames_end_their_connection_only(void **state)
{
	static const struct {
		uint16_t type;
		const char *payload;
		size_t len;
	} cases[] = {
	    {FRAME_BATCH, "", 0},
	    {FRAME_BATCH, "\0\1", 2},
	    {FRAME_BATCH, "\0\0x", 3},
	    {FRAME_BATCH, "\xff\xff\1\1\0\0\0\0", 8},
	    {FRAME_BATCH, "\0\1\0\0\0\0\0\0", 8},
	    {FRAME_BATCH, "\0\1\1\1\xff\xff\xff\xff", 8},
	    {0, "", 0},
	    {99, "", 0},
	    {FRAME_DONE, "", 0},
	};
	struct house *h = *state;
	uint8_t *buffer = malloc(IPC_FRAME_MAX);
	struct keeper_status st;
	struct ipc_frame f;
	struct err err;

	assert_non_null(buffer);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int fd = -1;

		assert_int_equal(ipc_connect(h->socket, &fd, &err), 0);
		assert_int_equal(ipc_send(fd, cases[i].type, cases[i].payload,
					  cases[i].len, &err),
				 0);
		assert_int_equal(ipc_receive(fd, 5000, buffer, &f, &err), -1);
		assert_string_equal(err.what, "the peer closed");
		(void)close(fd);
	}
	free(buffer);
	assert_int_equal(keeper_status(h->keeper, &st, &err), 0);
	assert_false(st.locked);
}

/* Callers that only ask whether it is there give no error object. */
static void nobody_has_to_ask_for_the_reason(void **state)
{
	struct house *h = *state;
	struct keeper_batch *b = batch_of(h->keeper);
	struct keeper_status st;

	(void)keeper_add_hash(b, "token", "x", 1);
	assert_int_equal(keeper_lock(h->keeper, NULL), 0);
	assert_int_equal(keeper_run(b, NULL), -1);
	assert_int_equal(house_kill(h, SIGKILL), SIGKILL);
	assert_int_equal(keeper_status(h->keeper, &st, NULL), -1);
	assert_int_equal(keeper_run(b, NULL), -1);
	keeper_batch_free(&b);
}

static void it_stops_when_its_supervisor_is_gone(void **state)
{
	struct house *h = *state;

	assert_int_equal(shutdown(h->lifeline, SHUT_RDWR), 0);
	assert_int_equal(house_wait(h), 0);
}

static void a_batch_of_small_operations_is_quick(void **state)
{
	struct house *h = *state;
	struct timespec a, z;
	int64_t best_us = INT64_MAX;

	for (int round = 0; round < 5; round++) {
		struct keeper_batch *b = batch_of(h->keeper);
		int64_t us;

		(void)clock_gettime(CLOCK_MONOTONIC, &a);
		for (int i = 0; i < 512; i++) {
			struct key_ref ref = ref_of(i % 128, "MSG", 2026);

			(void)keeper_add_seal(b, &ref, i, FIELD_CONTENT,
					      "a short text of a message", 25);
		}
		run(b);
		(void)clock_gettime(CLOCK_MONOTONIC, &z);
		us = (z.tv_sec - a.tv_sec) * 1000000 +
		     (z.tv_nsec - a.tv_nsec) / 1000;
		best_us = us < best_us ? us : best_us;
		keeper_batch_free(&b);
	}
	print_message("%lld ns per operation\n",
		      (long long)(best_us * 1000 / 512));
	assert_true(best_us < 512 * 200); /* a loaded machine, sanitizers */
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(values_of_any_length_come_back),
	    CASE(a_blob_with_any_bit_changed_does_not_open),
	    CASE(a_blob_moved_elsewhere_does_not_open),
	    CASE(chunks_of_a_value_cannot_be_swapped_or_left_out),
	    CASE(only_sealing_makes_a_key),
	    CASE(hashes_have_a_key_per_use_and_indexes_a_spelling),
	    CASE(keys_are_counted_and_stay),
	    CASE(shredding_destroys_exactly_what_was_asked_for),
	    CASE(a_lock_wipes_and_an_unlock_brings_everything_back),
	    CASE(rotation_keeps_what_was_sealed_and_changes_the_pair),
	    CASE(spool_bodies_open_until_their_pair_is_forgotten),
	    CASE(a_killed_keeper_is_found_again_by_the_same_client),
	    CASE(two_clients_share_one_key),
	    CASE(hostile_frames_end_their_connection_only),
	    CASE(nobody_has_to_ask_for_the_reason),
	    CASE(it_stops_when_its_supervisor_is_gone),
	    CASE(a_batch_of_small_operations_is_quick),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
