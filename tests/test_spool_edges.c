/* test_spool_edges.c - segments that are full to the last byte, begin or go on
 * in a way no intake writes them, or vanish; and the names in the folder.
 *
 * Proves: assurance P1, 4.3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "intake_house.h"
#include "spool/folder.h"

#define HEAD (SPOOL_HEADER_BYTES + SPOOL_BOX_BYTES)

struct segment {
	char path[128];
	int fd;
	uint64_t offset;
};

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

static void path_of(const struct house *h, uint64_t number, bool bad,
		    char ret[128])
{
	char name[SPOOL_FILE_BYTES];

	spool_file_name(number, bad, name);
	(void)snprintf(ret, 128, "%s/spool/%s", h->dir, name);
}

/* Preallocated, without a head. */
static struct segment bare(const struct house *h, uint64_t number)
{
	struct segment s = {.offset = 0};

	path_of(h, number, false, s.path);
	s.fd = open(s.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(s.fd >= 0);
	assert_int_equal(ftruncate(s.fd, SPOOL_SEGMENT_BYTES), 0);
	return s;
}

static void put(struct segment *s, enum spool_kind kind, const void *payload,
		size_t len)
{
	struct spool_record r = {.kind = kind,
				 .verdict = 1,
				 .received_ms = 1790000000000,
				 .payload = payload,
				 .payload_len = len};
	uint8_t header[SPOOL_HEADER_BYTES];

	if (kind == SPOOL_BODY)
		assert_true(name_set(&r.channel, "shop", 4));
	spool_header(&r, header);
	assert_int_equal(
	    pwrite(s->fd, header, sizeof(header), (off_t)s->offset),
	    sizeof(header));
	s->offset += sizeof(header);
	assert_int_equal(pwrite(s->fd, payload, len, (off_t)s->offset), len);
	s->offset += len;
}

static void put_key(struct segment *s, uint8_t pair)
{
	const uint8_t box[SPOOL_BOX_BYTES] = {0, 0, 0, pair};

	put(s, SPOOL_KEY, box, sizeof(box));
}

/* A body of len bytes that begins with its number. */
static void put_body(struct segment *s, uint8_t number, size_t len)
{
	uint8_t *body = calloc(1, len);

	assert_non_null(body);
	body[0] = number;
	put(s, SPOOL_BODY, body, len);
	free(body);
}

static struct segment begun(const struct house *h, uint64_t number,
			    uint8_t pair)
{
	struct segment s = bare(h, number);

	put_key(&s, pair);
	return s;
}

static struct spool_reader *reader(const struct house *h)
{
	struct spool_position start = {.segment = 1};
	struct spool_reader *r = NULL;

	assert_int_equal(spool_reader_open(h->dir, start, &r, NULL), 0);
	return r;
}

/* Reads a large batch; its bodies are first, first + 1, ... */
static size_t batch(struct spool_reader *r, uint8_t first, size_t *ret_damaged)
{
	struct spool_item items[8];
	size_t len = 0;

	assert_int_equal(spool_read(r, items, 8, 2 * SPOOL_SEGMENT_BYTES, &len,
				    ret_damaged, NULL),
			 0);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(items[i].record.payload[0], first + i);
	return len;
}

/* --- lengths -------------------------------------------------------------- */

static void a_segment_full_to_its_last_byte_is_read_and_counted(void **state)
{
	/* What is left behind the last body: too little for a header. */
	static const size_t rests[] = {0, 1, SPOOL_HEADER_BYTES - 1};
	const size_t large = 4u * 1024 * 1024;

	for (size_t i = 0; i < sizeof(rests) / sizeof(rests[0]); i++) {
		struct house *h = *state;
		struct segment s = begun(h, 1, 1);
		struct spool_reader *r = reader(h);
		size_t damaged, rest;

		put_body(&s, 0, large);
		rest = SPOOL_SEGMENT_BYTES - s.offset - SPOOL_HEADER_BYTES -
		       rests[i];
		put_body(&s, 1, rest);
		assert_int_equal(s.offset, SPOOL_SEGMENT_BYTES - rests[i]);
		assert_int_equal(spool_backlog_bytes(r), s.offset - HEAD);
		assert_int_equal(batch(r, 0, &damaged), 2);
		assert_int_equal(spool_backlog_bytes(r), 0);
		assert_int_equal(damaged, 0);
		spool_reader_close(&r);
		(void)close(s.fd);
		assert_int_equal(unlink(s.path), 0);
	}
}

/* Whatever length the first body has, the header after it is found, also
 * where a step of reading ends in its middle. */
static void a_header_across_two_steps_of_reading_is_found(void **state)
{
	for (size_t len = 65536 - 2 * SPOOL_HEADER_BYTES - 1;
	     len <= 65536 - SPOOL_HEADER_BYTES + 1; len += 20) {
		struct house *h = *state;
		struct segment s = begun(h, 1, 1);
		struct spool_reader *r = reader(h);
		size_t damaged;

		put_body(&s, 0, len);
		put_body(&s, 1, 40);
		assert_int_equal(batch(r, 0, &damaged), 2);
		spool_reader_close(&r);
		(void)close(s.fd);
		assert_int_equal(unlink(s.path), 0);
	}
}

/* A header that says more than any record has is no reason to count on. */
static void a_senseless_length_ends_the_count(void **state)
{
	struct house *h = *state;
	struct segment s = begun(h, 1, 1);
	struct spool_reader *r = reader(h);
	uint64_t before;

	put_body(&s, 0, 100);
	before = spool_backlog_bytes(r);
	assert_int_equal(before, SPOOL_HEADER_BYTES + 100);
	assert_int_equal(
	    pwrite(s.fd, "PSR1\2\0\0\0\xff\xff\xff\xff", 12, (off_t)s.offset),
	    12);
	assert_int_equal(spool_backlog_bytes(r), before);
	spool_reader_close(&r);
	(void)close(s.fd);
}

/* --- records out of their place ------------------------------------------- */

/* Reads segment 1 of this house, which is all damage, and the good one after
 * it.  Its .bad file has so many bytes. */
static void all_aside(struct house *h, struct segment *s, off_t bad_bytes)
{
	struct segment next = begun(h, 2, 1);
	struct spool_reader *r = reader(h);
	size_t damaged = 0;
	struct stat st;
	char path[128];

	put_body(&next, 7, 40);
	assert_int_equal(batch(r, 7, &damaged), 1);
	assert_int_equal(damaged, 1);
	path_of(h, 1, true, path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, bad_bytes);
	spool_reader_close(&r);
	(void)close(next.fd);
	(void)close(s->fd);
}

static void a_segment_that_begins_with_a_body_is_kept_aside(void **state)
{
	struct segment s = bare(*state, 1);
	uint8_t body[SPOOL_BOX_BYTES];

	memset(body, 7, sizeof(body));
	put(&s, SPOOL_BODY, body, sizeof(body));
	all_aside(*state, &s, SPOOL_HEADER_BYTES + SPOOL_BOX_BYTES);
}

static void a_segment_that_begins_with_noise_is_kept_aside(void **state)
{
	struct segment s = bare(*state, 1);

	assert_int_equal(pwrite(s.fd, "noise", 5, 0), 5);
	all_aside(*state, &s, 5);
}

/* Its bodies might be of either key. */
static void what_follows_a_second_key_is_kept_aside(void **state)
{
	struct segment s = begun(*state, 1, 1);
	uint8_t box[SPOOL_BOX_BYTES];

	memset(box, 7, sizeof(box));
	put(&s, SPOOL_KEY, box, sizeof(box));
	all_aside(*state, &s, 2 * HEAD);
}

/* --- files that come and go ----------------------------------------------- */

static void a_folder_emptied_under_the_reader_fills_again(void **state)
{
	struct house *h = *state;
	struct segment s = begun(h, 1, 1);
	struct spool_reader *r = reader(h);
	struct spool_position at = {.segment = 1, .offset = HEAD};
	size_t damaged;
	uint32_t pair = 99;

	put_body(&s, 0, 40);
	assert_int_equal(batch(r, 0, &damaged), 1);
	assert_int_equal(unlink(s.path), 0);
	assert_int_equal(batch(r, 0, &damaged), 0);
	/* No pair is known to be needed, so none may be forgotten. */
	assert_int_equal(spool_trim(r, at, &pair, NULL), 0);
	assert_int_equal(pair, 0);
	(void)close(s.fd);
	s = begun(h, 2, 1);
	put_body(&s, 1, 40);
	assert_int_equal(batch(r, 1, &damaged), 1);
	spool_reader_close(&r);
	(void)close(s.fd);
}

/* Only half of the newest is archived: it stays, the one before goes. */
static void a_half_archived_segment_stays(void **state)
{
	struct house *h = *state;
	struct segment a = begun(h, 1, 5), b = begun(h, 2, 6),
		       c = begun(h, 3, 7);
	struct spool_reader *r = reader(h);
	struct spool_position half = {.segment = 2,
				      .offset = HEAD + SPOOL_HEADER_BYTES + 40};
	size_t damaged;
	uint32_t pair;

	put_body(&a, 0, 40);
	put_body(&b, 1, 40);
	put_body(&b, 2, 40);
	assert_int_equal(batch(r, 0, &damaged), 1);
	assert_int_equal(batch(r, 1, &damaged), 2);
	assert_int_equal(spool_trim(r, half, &pair, NULL), 0);
	assert_int_equal(pair, 6);
	assert_int_equal(access(a.path, F_OK), -1);
	assert_int_equal(access(b.path, F_OK), 0);
	spool_reader_close(&r);
	(void)close(a.fd);
	(void)close(b.fd);
	(void)close(c.fd);
}

/* --- names ---------------------------------------------------------------- */

static void make_file(const struct house *h, const char *name)
{
	char path[160];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/spool/%s", h->dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	(void)close(fd);
}

static void only_names_of_ours_count_and_numbers_never_go_back(void **state)
{
	struct house *h = *state;
	struct spool_folder f;
	struct err err;
	int fd = -1;

	make_file(h, "0000000000000009.tmp");
	make_file(h, "0000000000000009.seg.old");
	make_file(h, "000000000000009.seg");
	make_file(h, "000000000000000:.seg");
	assert_int_equal(spool_folder_open(h->dir, &fd, &err), 0);
	assert_int_equal(spool_folder_list(fd, &f, &err), 0);
	assert_int_equal(f.segments_len + f.bad_len, 0);
	assert_int_equal(spool_folder_highest(&f), 0);

	/* Of two segments with damage nothing but that is left. */
	make_file(h, "0000000000000012.bad");
	make_file(h, "0000000000000004.bad");
	make_file(h, "0000000000000008.bad");
	assert_int_equal(spool_folder_list(fd, &f, &err), 0);
	assert_int_equal(f.bad_len, 3);
	assert_int_equal(f.bad[0], 4);
	assert_int_equal(spool_folder_highest(&f), 12);
	spool_folder_free(&f);

	make_file(h, "0000000000000011.seg");
	assert_int_equal(spool_folder_list(fd, &f, &err), 0);
	assert_int_equal(spool_folder_highest(&f), 12);
	spool_folder_free(&f);
	make_file(h, "0000000000000013.seg");
	assert_int_equal(spool_folder_list(fd, &f, &err), 0);
	assert_int_equal(spool_folder_highest(&f), 13);
	spool_folder_free(&f);
	(void)close(fd);
}

#define IN_HOUSE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_HOUSE(a_segment_full_to_its_last_byte_is_read_and_counted),
	    IN_HOUSE(a_header_across_two_steps_of_reading_is_found),
	    IN_HOUSE(a_senseless_length_ends_the_count),
	    IN_HOUSE(a_segment_that_begins_with_a_body_is_kept_aside),
	    IN_HOUSE(a_segment_that_begins_with_noise_is_kept_aside),
	    IN_HOUSE(what_follows_a_second_key_is_kept_aside),
	    IN_HOUSE(a_folder_emptied_under_the_reader_fills_again),
	    IN_HOUSE(a_half_archived_segment_stays),
	    IN_HOUSE(only_names_of_ours_count_and_numbers_never_go_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
