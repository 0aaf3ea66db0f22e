/* picture_house.h - pictures made in memory, with all that cameras and
 * programs write beside one: place, device, maker notes, thumbnails, XMP,
 * comments, bytes after the end. */
#ifndef POSTERN_TESTS_PICTURE_HOUSE_H
#define POSTERN_TESTS_PICTURE_HOUSE_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>
#include <webp/mux.h>

#include "postern/picture.h"

#define PH_CANARY   "KANARIE-5213N" /* in every place that must go */
#define PH_SIDE_UP  6
#define PH_EXIF_MAX 256
#define PH_PROFILE  400
#define PH_WIDTH    37
#define PH_HEIGHT   23

static inline void ph_add(struct buf *b, const void *bytes, size_t len)
{
	if (buf_append(b, bytes, len, NULL) != 0)
		abort();
}

/* An entry of a directory, little-endian. */
static inline void ph_entry(struct buf *b, unsigned int tag, unsigned int type,
			    uint32_t count, uint32_t value)
{
	const uint8_t bytes[12] = {
	    (uint8_t)tag,	    (uint8_t)(tag >> 8),
	    (uint8_t)type,	    (uint8_t)(type >> 8),
	    (uint8_t)count,	    (uint8_t)(count >> 8),
	    (uint8_t)(count >> 16), (uint8_t)(count >> 24),
	    (uint8_t)value,	    (uint8_t)(value >> 8),
	    (uint8_t)(value >> 16), (uint8_t)(value >> 24)};

	ph_add(b, bytes, sizeof(bytes));
}

/* Model, orientation, maker note and place; the texts follow the entries. */
static inline struct buf ph_exif(unsigned int orientation)
{
	static const char text[] = PH_CANARY;
	struct buf b = BUF_INIT(PH_EXIF_MAX);

	ph_add(&b, "Exif\0\0II*\0\x08\0\0\0\x04\0", 16);
	ph_entry(&b, 0x0110, 2, sizeof(text), 62);
	ph_entry(&b, 0x0112, 3, 1, orientation);
	ph_entry(&b, 0x927c, 7, sizeof(text), 62);
	ph_entry(&b, 0x8825, 4, 1, 62 + sizeof(text));
	ph_add(&b, "\0\0\0\0", 4);
	ph_add(&b, text, sizeof(text));
	ph_add(&b, "\x01\0", 2);
	ph_entry(&b, 0x0002, 2, sizeof(text), 62);
	return b;
}

/* The least that is a profile of colours. */
static inline void ph_profile(uint8_t ret[PH_PROFILE])
{
	memset(ret, 0, PH_PROFILE);
	ret[2] = PH_PROFILE >> 8;
	ret[3] = PH_PROFILE & 0xff;
	ret[8] = 2;
	memcpy(ret + 12, "mntrRGB XYZ ", 12);
	memcpy(ret + 36, "acsp", 4);
	memcpy(ret + 68, "\0\0\xf6\xd6\0\1\0\0\0\0\xd3\x2d", 12);
	/* One entry and its bytes, which do not pack: the PNG library
	 * takes none that is very short packed. */
	memcpy(ret + 128, "\0\0\0\x01wtpt\0\0\0\x90\0\0\x01\0", 16);
	for (unsigned int i = 144, n = 1; i < PH_PROFILE; i++) {
		n = n * 1103515245 + 12345;
		ret[i] = (uint8_t)(n >> 16);
	}
}

static inline void ph_row(uint8_t *ret, unsigned int width, unsigned int y)
{
	for (unsigned int x = 0; x < width; x++) {
		ret[3 * x] = (uint8_t)(x * 7 + y);
		ret[3 * x + 1] = (uint8_t)(x * y);
		ret[3 * x + 2] = (uint8_t)(y * 11 + (x ^ y));
	}
}

/* --- JPEG ----------------------------------------------------------------- */

static inline void ph_jpeg_others(struct jpeg_compress_struct *c,
				  unsigned int orientation)
{
	static const char xmp[] =
	    "http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>" PH_CANARY;
	uint8_t profile[PH_PROFILE];
	struct buf exif = ph_exif(orientation);

	ph_profile(profile);
	jpeg_write_marker(c, JPEG_APP0 + 1, exif.bytes, (unsigned)exif.len);
	jpeg_write_marker(c, JPEG_APP0 + 1, (const JOCTET *)xmp, sizeof(xmp));
	jpeg_write_icc_profile(c, profile, sizeof(profile));
	jpeg_write_marker(c, JPEG_APP0 + 2, (const JOCTET *)"MPF\0" PH_CANARY,
			  17);
	jpeg_write_marker(c, JPEG_APP0 + 13, (const JOCTET *)PH_CANARY, 13);
	jpeg_write_marker(c, JPEG_COM, (const JOCTET *)PH_CANARY, 13);
	buf_free(&exif);
}

static inline struct buf ph_jpeg(unsigned int width, unsigned int height,
				 unsigned int orientation, bool progressive)
{
	struct jpeg_compress_struct c = {0};
	struct jpeg_error_mgr errors;
	struct buf b = BUF_INIT(64u << 20);
	uint8_t *row = malloc((size_t)3 * width), *made = NULL;
	unsigned long made_len = 0;

	if (row == NULL)
		abort();
	c.err = jpeg_std_error(&errors);
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, &made, &made_len);
	c.image_width = width;
	c.image_height = height;
	c.input_components = 3;
	c.in_color_space = JCS_RGB;
	jpeg_set_defaults(&c);
	if (progressive)
		jpeg_simple_progression(&c);
	jpeg_start_compress(&c, TRUE);
	ph_jpeg_others(&c, orientation);
	for (unsigned int y = 0; y < height; y++) {
		ph_row(row, width, y);
		(void)jpeg_write_scanlines(&c, &row, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	ph_add(&b, made, made_len);
	ph_add(&b, PH_CANARY, 13); /* after the end */
	free(made);
	free(row);
	return b;
}

/* --- PNG ------------------------------------------------------------------ */

static inline void ph_png_write(png_structp png, png_bytep bytes, size_t len)
{
	ph_add(png_get_io_ptr(png), bytes, len);
}

static inline void ph_png_flush(png_structp png)
{
	(void)png;
}

static inline void ph_png_others(png_structp png, png_infop info,
				 unsigned int orientation)
{
	static char key[] = "Comment", canary[] = PH_CANARY;
	png_text texts[2] = {
	    {.compression = PNG_TEXT_COMPRESSION_NONE,
	     .key = key,
	     .text = canary,
	     .text_length = sizeof(canary) - 1},
	    {.compression = PNG_ITXT_COMPRESSION_NONE,
	     .key = key,
	     .text = canary,
	     .itxt_length = sizeof(canary) - 1},
	};
	png_unknown_chunk odd = {.name = "noTe",
				 .data = (png_byte *)canary,
				 .size = sizeof(canary),
				 .location = PNG_HAVE_IHDR};
	const png_time then = {2026, 11, 22, 5, 21, 3};
	struct buf exif = ph_exif(orientation);
	uint8_t profile[PH_PROFILE];

	ph_profile(profile);
	png_set_iCCP(png, info, PH_CANARY, 0, profile, sizeof(profile));
	png_set_text(png, info, texts, 2);
	png_set_tIME(png, info, &then);
	png_set_eXIf_1(png, info, (png_uint_32)exif.len - 6, exif.bytes + 6);
	png_set_unknown_chunks(png, info, &odd, 1);
	buf_free(&exif);
}

static inline struct buf ph_png(unsigned int width, unsigned int height,
				unsigned int orientation, bool interlaced)
{
	png_structp png =
	    png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(png);
	struct buf b = BUF_INIT(64u << 20);
	uint8_t *row = malloc((size_t)3 * width);
	int passes;

	if (row == NULL)
		abort();
	png_set_write_fn(png, &b, ph_png_write, ph_png_flush);
	png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_ALWAYS, NULL, 0);
	png_set_IHDR(png, info, width, height, 8, PNG_COLOR_TYPE_RGB,
		     interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
		     PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	ph_png_others(png, info, orientation);
	png_write_info(png, info);
	passes = png_set_interlace_handling(png);
	for (; passes > 0; passes--)
		for (unsigned int y = 0; y < height; y++) {
			ph_row(row, width, y);
			png_write_row(png, row);
		}
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
	ph_add(&b, PH_CANARY, 13); /* after the end */
	free(row);
	return b;
}

/* --- WebP ----------------------------------------------------------------- */

/* One pixel. */
static const uint8_t ph_pixel[34] =
    "RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88"
    "\xfe\x07";

static inline void ph_webp_others(WebPMux *mux, unsigned int orientation)
{
	static const uint8_t canary[] = PH_CANARY;
	struct buf exif = ph_exif(orientation);
	uint8_t profile[PH_PROFILE];
	const WebPData blocks[] = {{exif.bytes + 6, exif.len - 6},
				   {canary, sizeof(canary)},
				   {profile, sizeof(profile)}};

	ph_profile(profile);
	if (WebPMuxSetChunk(mux, "EXIF", &blocks[0], 1) != WEBP_MUX_OK ||
	    WebPMuxSetChunk(mux, "XMP ", &blocks[1], 1) != WEBP_MUX_OK ||
	    WebPMuxSetChunk(mux, "NOTE", &blocks[1], 1) != WEBP_MUX_OK ||
	    WebPMuxSetChunk(mux, "ICCP", &blocks[2], 1) != WEBP_MUX_OK)
		abort();
	buf_free(&exif);
}

/* frames 0: a still picture. */
static inline struct buf ph_webp(unsigned int orientation, unsigned int frames)
{
	const WebPData pixel = {ph_pixel, sizeof(ph_pixel)};
	const WebPMuxAnimParams params = {0xffffffff, 3};
	WebPMuxFrameInfo frame = {
	    .bitstream = pixel, .duration = 40, .id = WEBP_CHUNK_ANMF};
	WebPMux *mux = WebPMuxNew();
	WebPData made = {0};
	struct buf b = BUF_INIT(1u << 20);

	ph_webp_others(mux, orientation);
	if (frames == 0 && WebPMuxSetImage(mux, &pixel, 1) != WEBP_MUX_OK)
		abort();
	for (unsigned int i = 0; i < frames; i++)
		if (WebPMuxPushFrame(mux, &frame, 1) != WEBP_MUX_OK)
			abort();
	if (frames > 0 &&
	    WebPMuxSetAnimationParams(mux, &params) != WEBP_MUX_OK)
		abort();
	if (WebPMuxAssemble(mux, &made) != WEBP_MUX_OK)
		abort();
	ph_add(&b, made.bytes, made.size);
	ph_add(&b, PH_CANARY, 13); /* after the end */
	WebPDataClear(&made);
	WebPMuxDelete(mux);
	return b;
}

#endif
