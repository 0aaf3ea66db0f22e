/* fuzz_backup.c - what is in a backup, who it is for, and what remembers
 * deletions: any bytes.
 *
 * Properties: a stream of files is understood the same however it is cut, and
 * names lead nowhere but to our own places; a recipient, an identity and a
 * line of forgotten.log have one spelling. */
#include <sodium.h>

#include "backup/members.h"
#include "backup/recipient.h"
#include "fuzz_house.h"
#include "worker/forgotten.h"

struct heard {
	uint64_t bytes, files, ends;
	uint32_t sum;
};

static int begin(void *ctx, const char *name, uint64_t len, struct err *err)
{
	struct heard *h = ctx;

	(void)len;
	(void)err;
	MUST(members_name(name, strlen(name)));
	MUST(name[0] != '/' && strstr(name, "..") == NULL);
	h->files++;
	return 0;
}

static int bytes(void *ctx, const uint8_t *at, size_t len, struct err *err)
{
	struct heard *h = ctx;

	(void)err;
	MUST(len > 0);
	for (size_t i = 0; i < len; i++)
		h->sum = h->sum * 31 + at[i];
	h->bytes += len;
	return 0;
}

static int end(void *ctx, struct err *err)
{
	struct heard *h = ctx;

	(void)err;
	h->ends++;
	MUST(h->ends <= h->files);
	return 0;
}

static int feed(const uint8_t *at, size_t len, size_t step, struct heard *h,
		bool *ret_over)
{
	const struct members_sink sink = {h, begin, bytes, end};
	struct members m = {0};
	int rc = 0;

	*h = (struct heard){0};
	for (size_t i = 0; rc == 0 && i < len; i += step)
		rc = members_feed(&m, at + i, len - i < step ? len - i : step,
				  &sink, NULL);
	*ret_over = m.over;
	return rc;
}

static void stream(const uint8_t *at, size_t len)
{
	struct heard whole, cut;
	bool over, cut_over;
	int rc = feed(at, len, len > 0 ? len : 1, &whole, &over);

	MUST(feed(at, len, 3, &cut, &cut_over) == rc);
	if (rc == 0)
		MUST(memcmp(&whole, &cut, sizeof(cut)) == 0 &&
		     over == cut_over);
	MUST(!over || whole.files == whole.ends);
}

static void keys(const uint8_t *at, size_t len)
{
	char again[RECIPIENT_TEXT_BYTES];
	struct identity_key identity;
	struct recipient r;

	if (recipient_parse((const char *)at, len, &r)) {
		recipient_format(&r, again);
		MUST(len == strlen(again) && memcmp(at, again, len) == 0);
	}
	if (identity_key_parse((const char *)at, len, &identity)) {
		identity_key_format(&identity, again);
		MUST(memmem(at, len, again, strlen(again)) != NULL);
	}
}

static void lines(const uint8_t *at, size_t len)
{
	struct buf again = BUF_INIT(256);
	struct forgotten f, same;

	if (forgotten_parse((const char *)at, len, &f)) {
		MUST(f.at_ms >= 0 && f.id >= 0);
		MUST(forgotten_add(&again, f.at_ms, f.kind, f.id, NULL) == 0);
		MUST(forgotten_parse((const char *)again.bytes, again.len - 1,
				     &same));
		MUST(same.id == f.id && same.at_ms == f.at_ms &&
		     strcmp(same.kind, f.kind) == 0);
	}
	buf_free(&again);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return sodium_init() < 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	stream(data, size);
	keys(data, size);
	lines(data, size);
	return 0;
}
