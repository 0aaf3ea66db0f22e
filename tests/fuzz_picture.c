/* fuzz_picture.c - any bytes as a picture.
 *
 * What comes out is a picture of the same kind, holds none of the blocks that
 * must go, and can be stripped again; then nothing changes any more.  (The
 * PNG library takes no colour profile that is very short packed, and packs
 * better than others: such a one goes the second time.) */
#include "fuzz_house.h"
#include "picture/inside.h"

#define INPUT_MAX (64u << 10)

static const struct picture_limits limits = {
    .pixels = 1u << 18,
    .work = 1u << 20,
    .memory = 4u << 20,
    .frames = 20,
};

/* The markers of a JPEG up to its first scan. */
static void jpeg_is_bare(const struct buf *b)
{
	struct cut c = CUT(b->bytes + 2, b->len - 2);

	for (;;) {
		unsigned int marker = cut_u16(&c), len = cut_u16(&c);
		const uint8_t *at = cut_bytes(&c, len - 2);

		MUST(!c.failed && marker >> 8 == 0xff);
		if (marker == 0xffda)
			return;
		MUST(marker != 0xfffe);
		if (marker == 0xffe1)
			MUST(len == 2 + EXIF_HEAD + EXIF_BYTES &&
			     memcmp(at, "Exif", 4) == 0);
		else if (marker == 0xffe2)
			MUST(memcmp(at, "ICC_PROFILE", 12) == 0);
		else
			MUST(marker < 0xffe0 || marker == 0xffe0 ||
			     marker == 0xffee);
	}
}

/* The chunks of a PNG, to its end. */
static void png_is_bare(const struct buf *b)
{
	static const char may[] =
	    "IHDR PLTE tRNS gAMA cHRM sRGB iCCP sBIT eXIf IDAT IEND";
	struct cut c = CUT(b->bytes + 8, b->len - 8);
	char name[5] = "";

	while (c.left > 0) {
		uint32_t len = cut_u32(&c);
		const uint8_t *at = cut_bytes(&c, 4);

		MUST(at != NULL);
		memcpy(name, at, 4);
		(void)cut_bytes(&c, (size_t)len + 4);
		MUST(!c.failed && strstr(may, name) != NULL);
		MUST(strcmp(name, "eXIf") != 0 || len == EXIF_BYTES);
	}
	MUST(strcmp(name, "IEND") == 0);
}

static void is_bare(enum picture_kind kind, const struct buf *b)
{
	switch (kind) {
	case PICTURE_JPEG:
		jpeg_is_bare(b);
		break;
	case PICTURE_PNG:
		png_is_bare(b);
		break;
	default:
		MUST(b->len >= 12 && b->len % 2 == 0);
		MUST(b->len < 21 || memcmp(b->bytes + 12, "VP8X", 4) != 0 ||
		     (b->bytes[20] & 4) == 0); /* no XMP */
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static void again(enum picture_kind kind, const struct buf *b, struct buf *ret)
{
	MUST(picture_strip(b->bytes, b->len, &limits, ret, NULL) == 0);
	MUST(picture_kind_of(ret->bytes, ret->len) == kind);
	is_bare(kind, ret);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once = BUF_INIT(16u << 20), twice = once, thrice = once;
	enum picture_kind kind = picture_kind_of(data, size);
	struct err err = {0};

	if (size > INPUT_MAX)
		return 0;
	(void)exif_orientation(data, size);
	if (picture_strip(data, size, &limits, &once, &err) == 0) {
		MUST(kind != PICTURE_NONE);
		MUST(picture_kind_of(once.bytes, once.len) == kind);
		is_bare(kind, &once);
		again(kind, &once, &twice);
		again(kind, &twice, &thrice);
		MUST(thrice.len == twice.len &&
		     memcmp(thrice.bytes, twice.bytes, twice.len) == 0);
	} else {
		MUST(err.kind == ERR_INPUT || err.kind == ERR_NOMEM);
	}
	buf_free(&once);
	buf_free(&twice);
	buf_free(&thrice);
	return 0;
}
