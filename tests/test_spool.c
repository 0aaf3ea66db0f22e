/* test_spool.c - records, damaged ends, reading on, trimming. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "intake_house.h"
#include "spool/folder.h"
#include "spool/reserve.h"

#define HEAD (SPOOL_HEADER_BYTES + SPOOL_BOX_BYTES)

/* --- building segments by hand -------------------------------------------- */

struct writer {
	char path[128];
	int fd;
	uint64_t offset;
};

static struct writer segment_begin(const struct house *h, uint64_t number)
{
	struct writer w = {0};
	char name[SPOOL_FILE_BYTES];

	spool_file_name(number, false, name);
	(void)snprintf(w.path, sizeof(w.path), "%s/spool/%s", h->dir, name);
	w.fd = open(w.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(w.fd >= 0);
	assert_int_equal(ftruncate(w.fd, SPOOL_SEGMENT_BYTES), 0);
	return w;
}

static void record_put(struct writer *w, enum spool_kind kind,
		       const void *payload, size_t len)
{
	struct spool_record r = {.kind = kind,
				 .verdict = 1,
				 .received_ms = 1790000000000,
				 .payload = payload,
				 .payload_len = len};
	uint8_t header[SPOOL_HEADER_BYTES];

	if (kind == SPOOL_BODY)
		assert_true(name_set(&r.channel, "kundenservice", 13));
	spool_header(&r, header);
	assert_int_equal(
	    pwrite(w->fd, header, sizeof(header), (off_t)w->offset),
	    sizeof(header));
	assert_int_equal(
	    pwrite(w->fd, payload, len, (off_t)(w->offset + sizeof(header))),
	    len);
	w->offset += sizeof(header) + len;
}

static void key_put(struct writer *w, uint32_t pair)
{
	uint8_t box[SPOOL_BOX_BYTES] = {0};

	box[2] = (uint8_t)(pair >> 8);
	box[3] = (uint8_t)pair;
	box[10] = 7;
	record_put(w, SPOOL_KEY, box, sizeof(box));
}

static void number_put(struct writer *w, uint32_t number)
{
	uint8_t payload[64] = {0};

	memcpy(payload, &number, sizeof(number));
	record_put(w, SPOOL_BODY, payload, sizeof(payload));
}

/* A segment with a key record and bodies first..last. */
static struct writer segment_of(const struct house *h, uint64_t segment,
				uint32_t pair, uint32_t first, uint32_t last)
{
	struct writer w = segment_begin(h, segment);

	key_put(&w, pair);
	for (uint32_t n = first; n <= last; n++)
		number_put(&w, n);
	return w;
}

static void segment_end(struct writer *w)
{
	(void)close(w->fd);
	w->fd = -1;
}

static struct spool_reader *reader_at(const struct house *h,
				      struct spool_position from)
{
	struct spool_reader *r = NULL;

	assert_int_equal(spool_reader_open(h->dir, from, &r, NULL), 0);
	return r;
}

static const struct spool_position start = {0};

/* Reads everything there is and checks that the numbers go up by one from
 * first.  Returns how many; *ret_after the last position. */
static size_t numbers_read(struct spool_reader *r, uint32_t first,
			   struct spool_position *ret_after,
			   size_t *ret_damaged)
{
	struct spool_item items[7];
	size_t len, damaged, count = 0, all_damaged = 0;

	do {
		assert_int_equal(
		    spool_read(r, items, 7, 300, &len, &damaged, NULL), 0);
		all_damaged += damaged;
		for (size_t i = 0; i < len; i++, count++) {
			uint32_t n;

			memcpy(&n, items[i].record.payload, sizeof(n));
			assert_int_equal(n, first + count);
			if (ret_after != NULL)
				*ret_after = items[i].after;
		}
	} while (len > 0);
	if (ret_damaged != NULL)
		*ret_damaged = all_damaged;
	return count;
}

static bool file_there(const struct house *h, uint64_t number, bool bad)
{
	char name[SPOOL_FILE_BYTES], path[128];

	spool_file_name(number, bad, name);
	(void)snprintf(path, sizeof(path), "%s/spool/%s", h->dir, name);
	return access(path, F_OK) == 0;
}

static int setup(void **state)
{
	*state = house_new();
	return 0;
}

static int teardown(void **state)
{
	house_free(*state);
	return 0;
}

/* --- the format ----------------------------------------------------------- */

static size_t sample_make(uint8_t *ret, size_t payload_len)
{
	struct spool_record r = {.kind = SPOOL_BODY,
				 .verdict = 1,
				 .received_ms = 1234567890123,
				 .payload = ret + SPOOL_HEADER_BYTES,
				 .payload_len = payload_len};

	memset(ret + SPOOL_HEADER_BYTES, 0x5a, payload_len);
	assert_true(
	    name_set(&r.channel, "abcdefghijklmnopqrstuvwxyz012345", 32));
	spool_header(&r, ret);
	return SPOOL_HEADER_BYTES + payload_len;
}

static void a_record_reads_back_as_it_was_written(void **state)
{
	uint8_t bytes[SPOOL_HEADER_BYTES + 100];
	size_t len = sample_make(bytes, 100), record_len;
	struct spool_record r;

	(void)state;
	assert_int_equal(spool_parse(bytes, len, &r, &record_len, NULL), 0);
	assert_int_equal(record_len, len);
	assert_int_equal(r.kind, SPOOL_BODY);
	assert_int_equal(r.verdict, 1);
	assert_int_equal(r.received_ms, 1234567890123);
	assert_string_equal(r.channel.text, "abcdefghijklmnopqrstuvwxyz012345");
	assert_int_equal(r.payload_len, 100);
	assert_ptr_equal(r.payload, bytes + SPOOL_HEADER_BYTES);
}

static void any_flipped_bit_of_a_record_is_seen(void **state)
{
	uint8_t bytes[SPOOL_HEADER_BYTES + 40];
	size_t len = sample_make(bytes, 40), record_len;
	struct spool_record r;

	(void)state;
	for (size_t bit = 0; bit < len * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		assert_int_equal(spool_parse(bytes, len, &r, &record_len, NULL),
				 -1);
		bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
	}
	assert_int_equal(spool_parse(bytes, len, &r, &record_len, NULL), 0);
}

static void a_record_cut_anywhere_is_no_record(void **state)
{
	uint8_t bytes[SPOOL_HEADER_BYTES + 40];
	size_t len = sample_make(bytes, 40), record_len;
	struct spool_record r;
	struct err err;

	(void)state;
	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *copy = malloc(cut + 1);

		assert_non_null(copy);
		memcpy(copy, bytes, cut);
		assert_int_equal(spool_parse(copy, cut, &r, &record_len, &err),
				 -1);
		assert_int_equal(err.kind, ERR_ABSENT);
		free(copy);
	}
}

static void zeros_are_the_end_and_other_bytes_are_damage(void **state)
{
	uint8_t bytes[200] = {0};
	struct spool_record r;
	struct err err;
	size_t len;

	(void)state;
	assert_int_equal(spool_parse(bytes, 200, &r, &len, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
	memset(bytes, 'x', sizeof(bytes));
	assert_int_equal(spool_parse(bytes, 200, &r, &len, &err), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
}

/* What the version before wrote: another magic, BLAKE2b. */
static void make_older(uint8_t *record, size_t payload_len)
{
	crypto_generichash_state state;

	memcpy(record, "PSR1", 4);
	(void)crypto_generichash_init(&state, NULL, 0, 16);
	(void)crypto_generichash_update(&state, record, 64);
	(void)crypto_generichash_update(&state, record + SPOOL_HEADER_BYTES,
					payload_len);
	(void)crypto_generichash_final(&state, record + 64, 16);
}

/* The check is part of the format: what waits on disk when the library is
 * another one must still be read. */
static void the_check_is_the_same_everywhere(void **state)
{
	static const uint8_t wanted[] = {
	    0x64, 0x3f, 0xd3, 0x5a, 0x8c, 0xa4, 0xbb, 0x75,
	    0x3a, 0xfc, 0xb4, 0x95, 0x4c, 0x63, 0x64, 0x1f,
	};
	uint8_t bytes[SPOOL_HEADER_BYTES + 100];

	(void)state;
	(void)sample_make(bytes, 100);
	assert_memory_equal(bytes, "PSR2", 4);
	assert_memory_equal(bytes + 64, wanted, sizeof(wanted));
}

static void an_older_record_reads_back_and_its_damage_is_seen(void **state)
{
	uint8_t bytes[SPOOL_HEADER_BYTES + 40];
	size_t len = sample_make(bytes, 40), record_len;
	struct spool_record r;

	(void)state;
	make_older(bytes, 40);
	for (size_t bit = 0; bit < len * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		assert_int_equal(spool_parse(bytes, len, &r, &record_len, NULL),
				 -1);
		bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
	}
	assert_int_equal(spool_parse(bytes, len, &r, &record_len, NULL), 0);
	assert_int_equal(record_len, len);
	assert_int_equal(r.received_ms, 1234567890123);
}

static void the_aad_names_channel_and_time(void **state)
{
	uint8_t a[SPOOL_AAD_BYTES], b[SPOOL_AAD_BYTES];
	struct name one, two;

	(void)state;
	assert_true(name_set(&one, "a", 1) && name_set(&two, "ab", 2));
	assert_int_equal(spool_aad(&one, 1, a), 16 + 32 + 8);
	assert_memory_equal(a, "postern-spool-v1", 16);
	(void)spool_aad(&two, 1, b);
	assert_memory_not_equal(a, b, 56);
	(void)spool_aad(&one, 2, b);
	assert_memory_not_equal(a, b, 56);
}

/* --- reading -------------------------------------------------------------- */

static void bodies_come_in_order_across_segments(void **state)
{
	struct house *h = *state;
	struct writer a = segment_of(h, 1, 1, 0, 19),
		      b = segment_of(h, 2, 1, 20, 24),
		      c = segment_of(h, 5, 2, 25, 40);
	struct spool_reader *r = reader_at(h, start);
	size_t damaged;

	assert_int_equal(numbers_read(r, 0, NULL, &damaged), 41);
	assert_int_equal(damaged, 0);
	spool_reader_close(&r);
	segment_end(&a);
	segment_end(&b);
	segment_end(&c);
}

/* Rewrites a whole segment as the version before would have written it. */
static void segment_make_older(const struct writer *w)
{
	uint8_t *bytes = malloc(w->offset);
	uint64_t at = 0;

	assert_non_null(bytes);
	assert_int_equal(pread(w->fd, bytes, w->offset, 0), w->offset);
	while (at < w->offset) {
		size_t len = (size_t)bytes[at + 10] << 8 | bytes[at + 11];

		make_older(bytes + at, len);
		at += SPOOL_HEADER_BYTES + len;
	}
	assert_int_equal(pwrite(w->fd, bytes, w->offset, 0), w->offset);
	free(bytes);
}

/* An upgrade with waiting mail: full segments, one torn at its end, and what
 * the new version wrote after them. */
static void what_the_version_before_left_is_read_to_the_end(void **state)
{
	struct house *h = *state;
	struct writer a = segment_of(h, 1, 1, 0, 19),
		      b = segment_of(h, 2, 3, 20, 29), c;
	struct spool_reader *r;
	struct spool_position after;
	uint32_t pair = 0;
	size_t damaged;

	segment_make_older(&a);
	segment_make_older(&b);
	assert_int_equal(pwrite(b.fd, "PSR1\2torn", 9, (off_t)b.offset), 9);
	c = segment_of(h, 3, 3, 30, 34);
	r = reader_at(h, start);
	assert_int_equal(spool_trim(r, start, &pair, NULL), 0);
	assert_int_equal(pair, 1);
	assert_int_equal(numbers_read(r, 0, &after, &damaged), 35);
	assert_int_equal(damaged, 1);
	assert_true(file_there(h, 2, true));
	assert_int_equal(spool_trim(r, after, &pair, NULL), 0);
	assert_int_equal(pair, 3);
	assert_false(file_there(h, 1, false));
	spool_reader_close(&r);
	segment_end(&a);
	segment_end(&b);
	segment_end(&c);
}

static void new_bodies_of_the_open_segment_are_seen(void **state)
{
	struct house *h = *state;
	struct writer w = segment_of(h, 1, 1, 0, 4);
	struct spool_reader *r = reader_at(h, start);

	assert_int_equal(numbers_read(r, 0, NULL, NULL), 5);
	assert_int_equal(numbers_read(r, 5, NULL, NULL), 0);
	number_put(&w, 5);
	assert_int_equal(numbers_read(r, 5, NULL, NULL), 1);
	spool_reader_close(&r);
	segment_end(&w);
}

/* The writer finished the old segment after the reader had seen its end. */
static void the_last_bodies_of_a_segment_are_not_passed_over(void **state)
{
	struct house *h = *state;
	struct writer a = segment_of(h, 1, 1, 0, 4), b;
	struct spool_reader *r = reader_at(h, start);

	assert_int_equal(numbers_read(r, 0, NULL, NULL), 5);
	number_put(&a, 5);
	b = segment_of(h, 2, 1, 6, 8);
	assert_int_equal(numbers_read(r, 5, NULL, NULL), 4);
	spool_reader_close(&r);
	segment_end(&a);
	segment_end(&b);
}

static void reading_goes_on_from_any_stored_position(void **state)
{
	struct house *h = *state;
	struct writer a = segment_of(h, 1, 1, 0, 9),
		      b = segment_of(h, 2, 1, 10, 19);
	struct spool_position at = start;

	for (uint32_t n = 0; n < 20; n++) {
		struct spool_reader *r = reader_at(h, at);
		struct spool_item item;
		size_t len, damaged;
		uint32_t got;

		assert_int_equal(
		    spool_read(r, &item, 1, 1, &len, &damaged, NULL), 0);
		assert_int_equal(len, 1);
		memcpy(&got, item.record.payload, sizeof(got));
		assert_int_equal(got, n);
		at = item.after;
		spool_reader_close(&r);
	}
	segment_end(&a);
	segment_end(&b);
}

static void an_empty_spool_gives_nothing_until_something_comes(void **state)
{
	struct house *h = *state;
	struct spool_reader *r = reader_at(h, start);
	struct writer w;

	assert_int_equal(numbers_read(r, 0, NULL, NULL), 0);
	w = segment_of(h, 1, 1, 0, 2);
	assert_int_equal(numbers_read(r, 0, NULL, NULL), 3);
	spool_reader_close(&r);
	segment_end(&w);
}

/* Numbers begin again at 1 when somebody replaced the folder. */
static void a_replaced_spool_is_read_from_its_beginning(void **state)
{
	struct house *h = *state;
	struct spool_position far = {.segment = 57, .offset = 4096};
	struct spool_reader *r = reader_at(h, far);
	struct writer w;
	uint32_t pair;

	assert_int_equal(numbers_read(r, 0, NULL, NULL), 0);
	w = segment_of(h, 1, 1, 0, 2);
	assert_int_equal(numbers_read(r, 0, NULL, NULL), 3);
	assert_int_equal(spool_trim(r, far, &pair, NULL), 0);
	assert_true(file_there(h, 1, false));
	spool_reader_close(&r);
	segment_end(&w);
}

static void a_body_larger_than_the_batch_is_read_whole(void **state)
{
	struct house *h = *state;
	struct writer w = segment_begin(h, 1);
	struct spool_reader *r = reader_at(h, start);
	struct spool_item item;
	size_t len, damaged;
	uint8_t *big = calloc(1, SPOOL_PAYLOAD_MAX);

	assert_non_null(big);
	big[SPOOL_PAYLOAD_MAX - 1] = 9;
	key_put(&w, 1);
	record_put(&w, SPOOL_BODY, big, SPOOL_PAYLOAD_MAX);
	assert_int_equal(spool_read(r, &item, 1, 100, &len, &damaged, NULL), 0);
	assert_int_equal(len, 1);
	assert_int_equal(item.record.payload_len, SPOOL_PAYLOAD_MAX);
	assert_int_equal(item.record.payload[SPOOL_PAYLOAD_MAX - 1], 9);
	assert_int_equal(item.box[10], 7);
	free(big);
	spool_reader_close(&r);
	segment_end(&w);
}

/* --- damage --------------------------------------------------------------- */

static void a_torn_tail_of_the_open_segment_is_waited_for(void **state)
{
	struct house *h = *state;
	struct writer w = segment_of(h, 1, 1, 0, 2);
	struct spool_reader *r = reader_at(h, start);
	size_t damaged;

	assert_int_equal(pwrite(w.fd, "PSR2\2", 5, (off_t)w.offset), 5);
	assert_int_equal(numbers_read(r, 0, NULL, &damaged), 3);
	assert_int_equal(damaged, 0);
	number_put(&w, 3);
	assert_int_equal(numbers_read(r, 3, NULL, &damaged), 1);
	assert_false(file_there(h, 1, true));
	spool_reader_close(&r);
	segment_end(&w);
}

static void a_torn_tail_of_a_closed_segment_is_kept_aside(void **state)
{
	struct house *h = *state;
	struct writer a = segment_of(h, 1, 3, 0, 2), b;
	struct spool_reader *r = reader_at(h, start);
	struct spool_position after;
	size_t damaged;
	uint32_t pair;
	char path[128];
	struct stat st;

	assert_int_equal(pwrite(a.fd, "PSR2\2torn", 9, (off_t)a.offset), 9);
	b = segment_of(h, 2, 4, 3, 5);
	assert_int_equal(numbers_read(r, 0, &after, &damaged), 6);
	assert_int_equal(damaged, 1);
	assert_true(file_there(h, 1, true));
	(void)snprintf(path, sizeof(path), "%s/spool/0000000000000001.bad",
		       h->dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, HEAD + 9);
	/* The key of what was kept is still needed. */
	assert_int_equal(spool_trim(r, after, &pair, NULL), 0);
	assert_false(file_there(h, 1, false));
	assert_int_equal(pair, 3);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(spool_trim(r, after, &pair, NULL), 0);
	assert_int_equal(pair, 4);
	spool_reader_close(&r);
	segment_end(&a);
	segment_end(&b);
}

static void damage_in_the_middle_loses_no_later_segment(void **state)
{
	struct house *h = *state;
	struct writer a = segment_of(h, 1, 1, 0, 9), b;
	struct spool_reader *r = reader_at(h, start);
	size_t damaged;
	struct stat st;
	char path[128];

	/* A byte of body 3. */
	assert_int_equal(pwrite(a.fd, "\xff", 1, HEAD + 3 * 144 + 90), 1);
	b = segment_of(h, 2, 1, 3, 5);
	assert_int_equal(numbers_read(r, 0, NULL, &damaged), 6);
	assert_int_equal(damaged, 1);
	(void)snprintf(path, sizeof(path), "%s/spool/0000000000000001.bad",
		       h->dir);
	assert_int_equal(stat(path, &st), 0);
	/* Bodies 3 to 9, but for the zeros at the very end. */
	assert_in_range(st.st_size, HEAD + 6 * 144 + 81, HEAD + 7 * 144);
	spool_reader_close(&r);
	segment_end(&a);
	segment_end(&b);
}

static void a_segment_without_a_head_is_passed_if_it_is_empty(void **state)
{
	struct house *h = *state;
	struct writer a = segment_begin(h, 1), b;
	struct spool_reader *r = reader_at(h, start);
	size_t damaged;

	assert_int_equal(numbers_read(r, 0, NULL, &damaged), 0);
	b = segment_of(h, 2, 1, 0, 1);
	assert_int_equal(numbers_read(r, 0, NULL, &damaged), 2);
	assert_int_equal(damaged, 0);
	assert_false(file_there(h, 1, true));
	spool_reader_close(&r);
	segment_end(&a);
	segment_end(&b);
}

/* --- trimming and metrics ------------------------------------------------- */

static void only_archived_segments_go_and_never_the_newest(void **state)
{
	struct house *h = *state;
	struct writer a = segment_of(h, 1, 5, 0, 1),
		      b = segment_of(h, 2, 6, 2, 3),
		      c = segment_of(h, 3, 7, 4, 5);
	struct spool_reader *r = reader_at(h, start);
	struct spool_position after = start, half = {.segment = 2};
	uint32_t pair;

	assert_int_equal(spool_trim(r, start, &pair, NULL), 0);
	assert_int_equal(pair, 5);
	assert_int_equal(numbers_read(r, 0, &after, NULL), 6);
	assert_int_equal(spool_trim(r, half, &pair, NULL), 0);
	assert_false(file_there(h, 1, false));
	assert_true(file_there(h, 2, false));
	assert_int_equal(pair, 6);
	assert_int_equal(spool_trim(r, after, &pair, NULL), 0);
	assert_false(file_there(h, 2, false));
	assert_true(file_there(h, 3, false));
	assert_int_equal(pair, 7);
	spool_reader_close(&r);
	segment_end(&a);
	segment_end(&b);
	segment_end(&c);
}

/* With all archived, the segment of the position itself goes too, so that its
 * key can die although nothing new has come. */
static void an_archived_segment_goes_without_new_bodies(void **state)
{
	struct house *h = *state;
	struct writer a = segment_of(h, 1, 5, 0, 1), b;
	struct spool_reader *r = reader_at(h, start);
	struct spool_position after;
	uint32_t pair;

	assert_int_equal(numbers_read(r, 0, &after, NULL), 2);
	b = segment_of(h, 2, 6, 1, 0);
	assert_int_equal(numbers_read(r, 0, NULL, NULL), 0);
	assert_int_equal(spool_trim(r, after, &pair, NULL), 0);
	assert_false(file_there(h, 1, false));
	assert_int_equal(pair, 6);
	spool_reader_close(&r);
	/* A worker that starts again at the old position goes on. */
	r = reader_at(h, after);
	number_put(&b, 2);
	assert_int_equal(numbers_read(r, 2, NULL, NULL), 1);
	spool_reader_close(&r);
	segment_end(&a);
	segment_end(&b);
}

static void the_backlog_counts_what_is_not_read(void **state)
{
	struct house *h = *state;
	struct writer a = segment_of(h, 1, 1, 0, 9),
		      b = segment_of(h, 2, 1, 10, 19);
	struct spool_reader *r = reader_at(h, start);
	struct spool_item items[4];
	size_t len, damaged;

	assert_int_equal(ftruncate(a.fd, (off_t)a.offset), 0);
	assert_int_equal(spool_backlog_bytes(r), 20 * 144);
	assert_int_equal(spool_read(r, items, 4, 1 << 20, &len, &damaged, NULL),
			 0);
	assert_int_equal(spool_backlog_bytes(r), 16 * 144);
	(void)numbers_read(r, 4, NULL, NULL);
	assert_int_equal(spool_backlog_bytes(r), 0);
	spool_reader_close(&r);
	segment_end(&a);
	segment_end(&b);
}

static void other_files_in_the_folder_are_passed_over(void **state)
{
	struct house *h = *state;
	struct writer w = segment_of(h, 1, 1, 0, 1);
	struct spool_reader *r;
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/spool/lost+found", h->dir);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
	r = reader_at(h, start);
	assert_int_equal(numbers_read(r, 0, NULL, NULL), 2);
	spool_reader_close(&r);
	segment_end(&w);
}

static void the_reserve_is_made_once_and_given_back(void **state)
{
	struct house *h = *state;
	char path[128];
	struct stat st;
	struct err err;
	bool given;

	(void)snprintf(path, sizeof(path), "%s/reserve", h->dir);
	assert_int_equal(reserve_keep(h->dir, 1 << 20, NULL), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 1 << 20);
	assert_true(st.st_blocks * 512 >= 1 << 20);
	assert_int_equal(reserve_keep(h->dir, 1 << 20, NULL), 0);
	assert_int_equal(reserve_give(h->dir, &given, NULL), 0);
	assert_true(given);
	/* Cut, not removed: the intake could not make it again. */
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size == 0 && st.st_blocks == 0);
	assert_int_equal(reserve_give(h->dir, &given, NULL), 0);
	assert_false(given);
	assert_int_equal(reserve_keep(h->dir, 1 << 20, NULL), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 1 << 20);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(reserve_give(h->dir, &given, NULL), 0);
	assert_false(given);
	assert_int_equal(reserve_keep(h->dir, 1ull << 60, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_int_equal(access(path, F_OK), -1);
}

#define IN_HOUSE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_record_reads_back_as_it_was_written),
	    cmocka_unit_test(any_flipped_bit_of_a_record_is_seen),
	    cmocka_unit_test(a_record_cut_anywhere_is_no_record),
	    cmocka_unit_test(zeros_are_the_end_and_other_bytes_are_damage),
	    cmocka_unit_test(the_check_is_the_same_everywhere),
	    cmocka_unit_test(an_older_record_reads_back_and_its_damage_is_seen),
	    cmocka_unit_test(the_aad_names_channel_and_time),
	    IN_HOUSE(bodies_come_in_order_across_segments),
	    IN_HOUSE(what_the_version_before_left_is_read_to_the_end),
	    IN_HOUSE(new_bodies_of_the_open_segment_are_seen),
	    IN_HOUSE(the_last_bodies_of_a_segment_are_not_passed_over),
	    IN_HOUSE(reading_goes_on_from_any_stored_position),
	    IN_HOUSE(an_empty_spool_gives_nothing_until_something_comes),
	    IN_HOUSE(a_replaced_spool_is_read_from_its_beginning),
	    IN_HOUSE(a_body_larger_than_the_batch_is_read_whole),
	    IN_HOUSE(a_torn_tail_of_the_open_segment_is_waited_for),
	    IN_HOUSE(a_torn_tail_of_a_closed_segment_is_kept_aside),
	    IN_HOUSE(damage_in_the_middle_loses_no_later_segment),
	    IN_HOUSE(a_segment_without_a_head_is_passed_if_it_is_empty),
	    IN_HOUSE(only_archived_segments_go_and_never_the_newest),
	    IN_HOUSE(an_archived_segment_goes_without_new_bodies),
	    IN_HOUSE(the_backlog_counts_what_is_not_read),
	    IN_HOUSE(other_files_in_the_folder_are_passed_over),
	    IN_HOUSE(the_reserve_is_made_once_and_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
