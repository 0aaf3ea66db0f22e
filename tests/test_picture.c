/* test_picture.c - pictures lose place and device and nothing one sees.
 *
 * Proves: media.strip of the policy; data minimisation, Art. 5(1)(c) GDPR. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "picture_house.h"
#include "picture/inside.h"

#define HEAD "Exif\0\0"

static struct buf stripped(const struct buf *b)
{
	struct buf ret = BUF_INIT(64u << 20);
	struct err err = {0};

	assert_int_equal(
	    picture_strip(b->bytes, b->len, &picture_limits_usual, &ret, &err),
	    0);
	return ret;
}

static void refused(const void *bytes, size_t len,
		    const struct picture_limits *limits)
{
	struct buf ret = BUF_INIT(64u << 20);
	struct err err = {0};

	assert_int_equal(picture_strip(bytes, len, limits, &ret, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	buf_free(&ret);
}

static bool holds(const struct buf *b, const void *bytes, size_t len)
{
	return memmem(b->bytes, b->len, bytes, len) != NULL;
}

static bool has_canary(const struct buf *b)
{
	return holds(b, PH_CANARY, strlen(PH_CANARY));
}

static bool has_profile(const struct buf *b)
{
	uint8_t profile[PH_PROFILE];

	ph_profile(profile);
	return holds(b, profile, sizeof(profile));
}

/* --- what a viewer sees --------------------------------------------------- */

struct seen {
	unsigned int width, height, orientation, markers;
	bool profile;
	uint8_t *pixels;
	size_t len;
};

static void seen_jpeg(const struct buf *b, struct seen *ret)
{
	struct jpeg_decompress_struct d = {0};
	struct jpeg_error_mgr errors;
	JOCTET *profile = NULL;
	unsigned int profile_len = 0;

	d.err = jpeg_std_error(&errors);
	jpeg_create_decompress(&d);
	jpeg_mem_src(&d, b->bytes, b->len);
	for (int i = 0; i < 16; i++)
		jpeg_save_markers(&d, JPEG_APP0 + i, 0xffff);
	jpeg_save_markers(&d, JPEG_COM, 0xffff);
	(void)jpeg_read_header(&d, TRUE);
	for (jpeg_saved_marker_ptr m = d.marker_list; m; m = m->next) {
		ret->markers++;
		if (m->marker == JPEG_APP0 + 1 && ret->orientation == 0)
			ret->orientation =
			    exif_orientation(m->data, m->data_length);
	}
	ret->profile = jpeg_read_icc_profile(&d, &profile, &profile_len) &&
		       profile_len == PH_PROFILE;
	free(profile);
	(void)jpeg_start_decompress(&d);
	ret->width = d.output_width;
	ret->height = d.output_height;
	ret->len = (size_t)3 * ret->width * ret->height;
	ret->pixels = malloc(ret->len);
	assert_non_null(ret->pixels);
	while (d.output_scanline < d.output_height) {
		JSAMPROW row =
		    ret->pixels + (size_t)3 * ret->width * d.output_scanline;

		(void)jpeg_read_scanlines(&d, &row, 1);
	}
	(void)jpeg_finish_decompress(&d);
	jpeg_destroy_decompress(&d);
}

static void same_picture(struct seen *a, struct seen *b)
{
	assert_int_equal(a->width, b->width);
	assert_int_equal(a->height, b->height);
	assert_int_equal(a->len, b->len);
	assert_memory_equal(a->pixels, b->pixels, a->len);
	free(a->pixels);
	free(b->pixels);
}

/* --- JPEG ----------------------------------------------------------------- */

static void one_jpeg(unsigned int orientation, bool progressive,
		     unsigned int markers)
{
	struct seen before = {0}, after = {0};
	struct buf b = ph_jpeg(PH_WIDTH, PH_HEIGHT, orientation, progressive);
	struct buf bare = stripped(&b), again = stripped(&bare);

	assert_true(has_canary(&b));
	assert_false(has_canary(&bare));
	seen_jpeg(&b, &before);
	seen_jpeg(&bare, &after);
	assert_int_equal(before.orientation, orientation);
	assert_int_equal(after.markers, markers);
	assert_true(after.profile);
	if (orientation != EXIF_UPRIGHT)
		assert_int_equal(after.orientation, orientation);
	same_picture(&before, &after);
	assert_int_equal(bare.bytes[bare.len - 1], JPEG_EOI);
	assert_int_equal(again.len, bare.len);
	assert_memory_equal(again.bytes, bare.bytes, bare.len);
	buf_free(&b);
	buf_free(&bare);
	buf_free(&again);
}

static void a_jpeg_keeps_picture_profile_and_side(void **state)
{
	(void)state;
	for (unsigned int side = 2; side <= 8; side++)
		one_jpeg(side, false, 3); /* JFIF, orientation, profile */
	one_jpeg(PH_SIDE_UP, true, 3);
}

static void an_upright_jpeg_needs_no_exif(void **state)
{
	(void)state;
	one_jpeg(EXIF_UPRIGHT, false, 2);
}

/* --- PNG ------------------------------------------------------------------ */

static void seen_png(const struct buf *b, struct seen *ret)
{
	png_image image = {.version = PNG_IMAGE_VERSION};

	assert_int_not_equal(
	    png_image_begin_read_from_memory(&image, b->bytes, b->len), 0);
	image.format = PNG_FORMAT_RGBA;
	ret->width = image.width;
	ret->height = image.height;
	ret->len = PNG_IMAGE_SIZE(image);
	ret->pixels = malloc(ret->len);
	assert_non_null(ret->pixels);
	assert_int_not_equal(
	    png_image_finish_read(&image, NULL, ret->pixels, 0, NULL), 0);
}

/* The names of its chunks, in order. */
static void chunks_of(const struct buf *b, char *ret, size_t size)
{
	struct cut c = CUT(b->bytes + 8, b->len - 8);
	size_t at = 0;

	while (c.left > 0) {
		uint32_t len = cut_u32(&c);
		const uint8_t *name = cut_bytes(&c, 4);

		assert_non_null(name);
		(void)cut_bytes(&c, (size_t)len + 4);
		assert_true(!c.failed && at + 6 < size);
		at += (size_t)snprintf(ret + at, size - at, "%.4s ",
				       (const char *)name);
	}
}

static void one_png(bool interlaced, unsigned int orientation,
		    const char *chunks)
{
	struct seen before = {0}, after = {0};
	struct buf b = ph_png(PH_WIDTH, PH_HEIGHT, orientation, interlaced);
	struct buf bare = stripped(&b);
	char names[200] = "";

	assert_true(has_canary(&b));
	assert_false(has_canary(&bare));
	chunks_of(&bare, names, sizeof(names));
	assert_string_equal(names, chunks);
	seen_png(&b, &before);
	seen_png(&bare, &after);
	same_picture(&before, &after);
	buf_free(&b);
	buf_free(&bare);
}

static void a_png_keeps_picture_profile_and_side(void **state)
{
	(void)state;
	one_png(false, PH_SIDE_UP, "IHDR iCCP eXIf IDAT IEND ");
	one_png(true, PH_SIDE_UP, "IHDR iCCP eXIf IDAT IEND ");
	one_png(false, EXIF_UPRIGHT, "IHDR iCCP IDAT IEND ");
}

static struct buf png_with_palette(void)
{
	const png_color palette[2] = {{1, 2, 3}, {200, 100, 50}};
	uint8_t alpha[2] = {255, 7}, row[1] = {0x65};
	png_color_8 bits = {5, 6, 5, 0, 0};
	png_structp png =
	    png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(png);
	struct buf b = BUF_INIT(1u << 20);

	png_set_write_fn(png, &b, ph_png_write, ph_png_flush);
	png_set_IHDR(png, info, 7, 5, 1, PNG_COLOR_TYPE_PALETTE,
		     PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
		     PNG_FILTER_TYPE_DEFAULT);
	png_set_PLTE(png, info, palette, 2);
	png_set_tRNS(png, info, alpha, 2, NULL);
	png_set_sBIT(png, info, &bits);
	png_set_sRGB_gAMA_and_cHRM(png, info, PNG_sRGB_INTENT_PERCEPTUAL);
	png_write_info(png, info);
	for (int y = 0; y < 5; y++)
		png_write_row(png, row);
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
	return b;
}

static void a_png_keeps_its_colours(void **state)
{
	struct seen before = {0}, after = {0};
	struct buf b = png_with_palette(), bare = stripped(&b);
	char names[200] = "";

	(void)state;
	chunks_of(&bare, names, sizeof(names));
	assert_string_equal(names,
			    "IHDR gAMA sRGB sBIT cHRM PLTE tRNS IDAT IEND ");
	seen_png(&b, &before);
	seen_png(&bare, &after);
	same_picture(&before, &after);
	buf_free(&b);
	buf_free(&bare);
}

/* --- WebP ----------------------------------------------------------------- */

static size_t chunk_len(const WebPMux *mux, const char *name)
{
	WebPData data = {0};

	return WebPMuxGetChunk(mux, name, &data) == WEBP_MUX_OK ? data.size : 0;
}

static void one_webp(unsigned int orientation, unsigned int frames,
		     size_t exif_len)
{
	struct buf b = ph_webp(orientation, frames), bare = stripped(&b);
	const WebPData all = {bare.bytes, bare.len};
	WebPMux *mux = WebPMuxCreate(&all, 1);
	int animated = 0;

	assert_non_null(mux);
	assert_true(has_canary(&b));
	assert_false(has_canary(&bare));
	assert_int_equal(chunk_len(mux, "EXIF"), exif_len);
	assert_int_equal(chunk_len(mux, "XMP "), 0);
	assert_int_equal(chunk_len(mux, "NOTE"), 0);
	assert_int_equal(chunk_len(mux, "ICCP"), PH_PROFILE);
	assert_true(has_profile(&bare));
	assert_true(holds(&bare, ph_pixel + 12, sizeof(ph_pixel) - 12));
	assert_int_equal(WebPMuxNumChunks(mux, WEBP_CHUNK_ANMF, &animated),
			 WEBP_MUX_OK);
	assert_int_equal(animated, frames);
	WebPMuxDelete(mux);
	buf_free(&b);
	buf_free(&bare);
}

static void a_webp_keeps_picture_profile_and_side(void **state)
{
	(void)state;
	one_webp(PH_SIDE_UP, 0, EXIF_BYTES);
	one_webp(EXIF_UPRIGHT, 0, 0);
	one_webp(PH_SIDE_UP, 3, EXIF_BYTES);
}

/* --- what is refused ------------------------------------------------------ */

/* Every beginning of a picture; where, says step. */
static void cuts_refused(struct buf b, size_t whole, size_t step)
{
	for (size_t len = 0; len < whole; len += step)
		refused(b.bytes, len, &picture_limits_usual);
	buf_free(&b);
}

static void what_is_cut_off_is_refused(void **state)
{
	struct buf b;

	(void)state;
	b = ph_jpeg(PH_WIDTH, PH_HEIGHT, PH_SIDE_UP, false);
	cuts_refused(b, b.len - strlen(PH_CANARY) - 2, 1);
	b = ph_jpeg(PH_WIDTH, PH_HEIGHT, PH_SIDE_UP, true);
	cuts_refused(b, b.len - strlen(PH_CANARY) - 2, 7);
	b = ph_png(PH_WIDTH, PH_HEIGHT, PH_SIDE_UP, false);
	cuts_refused(b, b.len - strlen(PH_CANARY), 1);
	b = ph_webp(PH_SIDE_UP, 0);
	cuts_refused(b, b.len - strlen(PH_CANARY), 1);
}

static void what_is_no_picture_is_refused(void **state)
{
	static const char *const heads[] = {"\xff\xd8\xff", "\x89PNG\r\n\x1a\n",
					    "RIFF\x40\0\0\0WEBP", "GIF89a"};
	static const size_t lens[] = {3, 8, 12, 6};
	uint8_t bytes[200];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		for (size_t n = 0; n < sizeof(bytes); n++)
			bytes[n] = (uint8_t)(n * 89 + i);
		memcpy(bytes, heads[i], lens[i]);
		refused(bytes, sizeof(bytes), &picture_limits_usual);
	}
	assert_int_equal(picture_kind_of("GIF89a------", 12), PICTURE_NONE);
	assert_int_equal(picture_kind_of("\xff\xd8", 2), PICTURE_NONE);
}

static void what_passes_a_limit_is_refused(void **state)
{
	const struct picture_limits usual = picture_limits_usual;
	struct picture_limits small = usual;
	struct buf jpeg = ph_jpeg(640, 480, PH_SIDE_UP, true);
	struct buf png = ph_png(64, 48, PH_SIDE_UP, false);
	struct buf webp = ph_webp(PH_SIDE_UP, 4);

	(void)state;
	small.pixels = 64 * 48 - 1;
	refused(jpeg.bytes, jpeg.len, &small);
	refused(png.bytes, png.len, &small);
	small = usual;
	small.work = UINT64_C(3) * 640 * 480;
	refused(jpeg.bytes, jpeg.len, &small);
	small = usual;
	small.memory = 64 * 48 * 3 - 1;
	refused(jpeg.bytes, jpeg.len, &small);
	refused(png.bytes, png.len, &small);
	small = usual;
	small.frames = 3;
	refused(webp.bytes, webp.len, &small);
	buf_free(&jpeg);
	buf_free(&png);
	buf_free(&webp);
}

/* A header that promises 65500 x 65500 pixels, in a file of a kilobyte. */
static void a_bomb_is_refused_before_it_is_unpacked(void **state)
{
	struct buf b = ph_jpeg(16, 16, EXIF_UPRIGHT, false);
	uint8_t *at = memmem(b.bytes, b.len, "\xff\xc0\0\x11\x08", 5);

	(void)state;
	assert_non_null(at);
	memcpy(at + 5, "\xff\xdc\xff\xdc", 4);
	refused(b.bytes, b.len, &picture_limits_usual);
	buf_free(&b);
}

static void a_result_larger_than_allowed_is_refused(void **state)
{
	struct buf all[] = {ph_jpeg(64, 64, PH_SIDE_UP, false),
			    ph_png(64, 64, PH_SIDE_UP, false),
			    ph_webp(PH_SIDE_UP, 0)};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct buf ret = BUF_INIT(60);
		struct err err = {0};

		assert_int_equal(picture_strip(all[i].bytes, all[i].len,
					       &picture_limits_usual, &ret,
					       &err),
				 -1);
		assert_int_equal(err.kind, ERR_INPUT);
		buf_free(&ret);
		buf_free(&all[i]);
	}
}

/* --- which side is up ----------------------------------------------------- */

static void only_a_sound_block_turns_a_picture(void **state)
{
	static const uint8_t big[] =
	    HEAD "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0\0";
	struct buf exif = ph_exif(PH_SIDE_UP);

	(void)state;
	assert_int_equal(exif_orientation(exif.bytes, exif.len), PH_SIDE_UP);
	assert_int_equal(exif_orientation(exif.bytes + 6, exif.len - 6),
			 PH_SIDE_UP);
	assert_int_equal(exif_orientation(big, sizeof(big) - 1), 8);
	for (size_t len = 0; len < 40; len++)
		assert_int_equal(exif_orientation(exif.bytes, len),
				 EXIF_UPRIGHT);
	exif.bytes[36] = 9; /* no such side */
	assert_int_equal(exif_orientation(exif.bytes, exif.len), EXIF_UPRIGHT);
	memset(exif.bytes + 10, 0xff, 4); /* a directory beyond the end */
	assert_int_equal(exif_orientation(exif.bytes, exif.len), EXIF_UPRIGHT);
	buf_free(&exif);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_jpeg_keeps_picture_profile_and_side),
	    cmocka_unit_test(an_upright_jpeg_needs_no_exif),
	    cmocka_unit_test(a_png_keeps_picture_profile_and_side),
	    cmocka_unit_test(a_png_keeps_its_colours),
	    cmocka_unit_test(a_webp_keeps_picture_profile_and_side),
	    cmocka_unit_test(what_is_cut_off_is_refused),
	    cmocka_unit_test(what_is_no_picture_is_refused),
	    cmocka_unit_test(what_passes_a_limit_is_refused),
	    cmocka_unit_test(a_bomb_is_refused_before_it_is_unpacked),
	    cmocka_unit_test(a_result_larger_than_allowed_is_refused),
	    cmocka_unit_test(only_a_sound_block_turns_a_picture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
