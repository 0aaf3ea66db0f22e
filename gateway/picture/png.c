/* png.c - a PNG's pixels in a new file.
 *
 * Unpacked and packed again, so that nothing can hide in the packed bytes.
 * The writer is given what the picture needs to be seen rightly and knows of
 * nothing else: no texts, no time, no chunk the library does not know.  Of an
 * animation the still picture is left. */
#include "picture/inside.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>
#include <sodium.h>

#define SIDE_MAX      65535
#define CHUNK_BYTES   (8u << 20) /* a profile has less than a megabyte */
#define CHUNKS_KEPT   100
#define PACKING_LEVEL 3 /* a third of the time of the usual 6 */

struct png_work {
	jmp_buf back;
	png_structp in, out;
	png_infop from, to;
	const uint8_t *at;
	size_t left;
	const struct picture_limits *limits;
	struct buf *ret;
	struct err *err;
	bool no_memory;
	uint64_t taken; /* of memory, by both */
	uint8_t *pixels;
	size_t row_bytes, pixels_len;
	png_uint_32 width, height;
};

/* Its texts may hold bytes of the file. */
static _Noreturn void on_error(png_structp png, png_const_charp text)
{
	struct png_work *k = png_get_error_ptr(png);

	(void)text;
	(void)err_set(k->err, k->no_memory ? ERR_NOMEM : ERR_INPUT, "png_strip",
		      "PNG is not to be read", 0);
	longjmp(k->back, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

/* --- memory that is wiped when given back --------------------------------- */

#define HEAD_BYTES 16 /* keeps what follows aligned */

static png_voidp take(png_structp png, png_alloc_size_t size)
{
	struct png_work *k = png_get_mem_ptr(png);
	size_t whole = (size_t)size + HEAD_BYTES;
	uint8_t *head;

	/* A text of a few bytes may unpack to megabytes. */
	if (whole < size || whole > k->limits->memory - k->taken)
		return NULL;
	head = malloc(whole);
	if (head == NULL) {
		k->no_memory = true;
		return NULL;
	}
	k->taken += whole;
	memcpy(head, &whole, sizeof(whole));
	return head + HEAD_BYTES;
}

static void give(png_structp png, png_voidp memory)
{
	struct png_work *k = png_get_mem_ptr(png);
	uint8_t *head;
	size_t whole;

	if (memory == NULL)
		return;
	head = (uint8_t *)memory - HEAD_BYTES;
	memcpy(&whole, head, sizeof(whole));
	k->taken -= whole;
	sodium_memzero(head, whole);
	free(head);
}

/* --- bytes in and out ----------------------------------------------------- */

static void from_bytes(png_structp png, png_bytep ret, size_t len)
{
	struct png_work *k = png_get_io_ptr(png);

	if (len > k->left)
		png_error(png, "cut off");
	memcpy(ret, k->at, len);
	k->at += len;
	k->left -= len;
}

static void to_bytes(png_structp png, png_bytep bytes, size_t len)
{
	struct png_work *k = png_get_io_ptr(png);

	if (buf_append(k->ret, bytes, len, k->err) != 0)
		longjmp(k->back, 1);
}

static void to_flush(png_structp png)
{
	(void)png;
}

/* --- reading -------------------------------------------------------------- */

static void open_both(struct png_work *k)
{
	k->in = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, k, on_error,
					 on_warning, k, take, give);
	if (k->in != NULL)
		k->from = png_create_info_struct(k->in);
	k->out = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, k, on_error,
					   on_warning, k, take, give);
	if (k->out != NULL)
		k->to = png_create_info_struct(k->out);
	if (k->from != NULL && k->to != NULL)
		return;
	(void)err_set(k->err, k->no_memory ? ERR_NOMEM : ERR_INPUT, "png_strip",
		      "no memory for a picture", 0);
	longjmp(k->back, 1);
}

static void make_room(struct png_work *k)
{
	k->width = png_get_image_width(k->in, k->from);
	k->height = png_get_image_height(k->in, k->from);
	if ((uint64_t)k->width * k->height > k->limits->pixels)
		png_error(k->in, "too many pixels");
	k->row_bytes = png_get_rowbytes(k->in, k->from);
	if ((uint64_t)k->row_bytes * k->height > k->limits->memory)
		png_error(k->in, "too large unpacked");
	k->pixels_len = k->row_bytes * k->height;
	k->pixels = calloc(1, k->pixels_len);
	if (k->pixels == NULL) {
		k->no_memory = true;
		png_error(k->in, "no memory");
	}
}

/* These are not even unpacked. */
static void leave_out(struct png_work *k)
{
	static const png_byte names[] = "bKGD\0hIST\0iTXt\0oFFs\0pCAL\0"
					"pHYs\0sCAL\0sPLT\0tEXt\0tIME\0"
					"zTXt";

	png_set_keep_unknown_chunks(k->in, PNG_HANDLE_CHUNK_NEVER, names,
				    sizeof(names) / 5);
}

static void read_all(struct png_work *k)
{
	int passes;

	png_set_read_fn(k->in, k, from_bytes);
	png_set_user_limits(k->in, SIDE_MAX, SIDE_MAX);
	png_set_chunk_malloc_max(k->in, CHUNK_BYTES);
	png_set_chunk_cache_max(k->in, CHUNKS_KEPT);
	leave_out(k);
	png_read_info(k->in, k->from);
	passes = png_set_interlace_handling(k->in);
	png_read_update_info(k->in, k->from);
	make_room(k);
	for (; passes > 0; passes--)
		for (png_uint_32 y = 0; y < k->height; y++)
			png_read_row(k->in, k->pixels + y * k->row_bytes, NULL);
	png_read_end(k->in, k->from);
}

/* --- what goes along ------------------------------------------------------ */

static void copy_colours(struct png_work *k)
{
	png_colorp palette;
	png_bytep alpha;
	png_color_16p colour;
	png_color_8p bits;
	int len = 0;

	if (png_get_PLTE(k->in, k->from, &palette, &len) != 0)
		png_set_PLTE(k->out, k->to, palette, len);
	if (png_get_tRNS(k->in, k->from, &alpha, &len, &colour) != 0)
		png_set_tRNS(k->out, k->to, alpha, len, colour);
	if (png_get_sBIT(k->in, k->from, &bits) != 0)
		png_set_sBIT(k->out, k->to, bits);
}

/* The name of a profile is free text: it gets one of ours. */
static void copy_profile(struct png_work *k)
{
	png_fixed_point gamma, at[8];
	png_charp name;
	png_bytep profile;
	png_uint_32 len;
	int kind;

	if (png_get_iCCP(k->in, k->from, &name, &kind, &profile, &len) != 0)
		png_set_iCCP(k->out, k->to, "icc", kind, profile, len);
	else if (png_get_sRGB(k->in, k->from, &kind) != 0)
		png_set_sRGB(k->out, k->to, kind);
	if (png_get_gAMA_fixed(k->in, k->from, &gamma) != 0)
		png_set_gAMA_fixed(k->out, k->to, gamma);
	if (png_get_cHRM_fixed(k->in, k->from, &at[0], &at[1], &at[2], &at[3],
			       &at[4], &at[5], &at[6], &at[7]) != 0)
		png_set_cHRM_fixed(k->out, k->to, at[0], at[1], at[2], at[3],
				   at[4], at[5], at[6], at[7]);
}

static void copy_orientation(struct png_work *k)
{
	uint8_t block[EXIF_HEAD + EXIF_BYTES];
	png_bytep exif = NULL;
	png_uint_32 len = 0;
	unsigned int orientation;

	if (png_get_eXIf_1(k->in, k->from, &len, &exif) == 0)
		return;
	orientation = exif_orientation(exif, len);
	if (orientation == EXIF_UPRIGHT)
		return;
	exif_make(orientation, block);
	png_set_eXIf_1(k->out, k->to, EXIF_BYTES, block + EXIF_HEAD);
}

static void write_all(struct png_work *k)
{
	png_set_write_fn(k->out, k, to_bytes, to_flush);
	png_set_compression_level(k->out, PACKING_LEVEL);
	png_set_IHDR(k->out, k->to, k->width, k->height,
		     png_get_bit_depth(k->in, k->from),
		     png_get_color_type(k->in, k->from), PNG_INTERLACE_NONE,
		     PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	copy_colours(k);
	copy_profile(k);
	copy_orientation(k);
	png_write_info(k->out, k->to);
	for (png_uint_32 y = 0; y < k->height; y++)
		png_write_row(k->out, k->pixels + y * k->row_bytes);
	png_write_end(k->out, NULL);
}

/* Nothing but what setjmp needs is in this frame. */
static bool comes_through(struct png_work *k)
{
	if (setjmp(k->back) != 0)
		return false;
	open_both(k);
	read_all(k);
	write_all(k);
	return true;
}

int png_strip(const uint8_t *bytes, size_t len,
	      const struct picture_limits *limits, struct buf *ret,
	      struct err *err)
{
	struct png_work *k = calloc(1, sizeof(*k));
	bool good;

	if (k == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for a picture", 0);
	k->at = bytes;
	k->left = len;
	k->limits = limits;
	k->ret = ret;
	k->err = err;
	good = comes_through(k);
	png_destroy_read_struct(&k->in, &k->from, NULL);
	png_destroy_write_struct(&k->out, &k->to);
	if (k->pixels != NULL)
		sodium_memzero(k->pixels, k->pixels_len);
	free(k->pixels);
	sodium_memzero(k, sizeof(*k));
	free(k);
	return good ? 0 : -1;
}
