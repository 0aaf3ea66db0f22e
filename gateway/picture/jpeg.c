/* jpeg.c - a JPEG's coefficients in a new file.
 *
 * Nothing is decoded to pixels, so nothing is lost: the coefficients are read
 * and written as they are (as jpegtran does), and all markers but those the
 * picture needs stay behind.  The library leaves by longjmp: everything that
 * has to be given back is in struct jpeg_work, not on the stack. */
#include "picture/inside.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h> /* jpeglib.h wants it */
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>
#include <sodium.h>

#define SCANS_MAX    100  /* a good file has 10 */
#define WARNINGS_MAX 1000 /* a good file has none, some cameras' a few */
#define PIECE_BYTES  16384
#define MARKER_EXIF  (JPEG_APP0 + 1)
#define MARKER_ICC   (JPEG_APP0 + 2)
#define MARKER_BYTES 0xffff

struct jpeg_work {
	struct jpeg_error_mgr errors;
	struct jpeg_progress_mgr progress;
	struct jpeg_destination_mgr to;
	struct jpeg_decompress_struct in;
	struct jpeg_compress_struct out;
	jmp_buf back;
	const uint8_t *bytes;
	size_t len;
	const struct picture_limits *limits;
	struct buf *ret;
	struct err *err;
	JOCTET *profile;
	unsigned int profile_len;
	long warnings;
	JOCTET piece[PIECE_BYTES];
};

static struct jpeg_work *work_of(j_common_ptr any)
{
	return any->client_data;
}

static _Noreturn void leave(struct jpeg_work *k, enum err_kind kind, int code)
{
	(void)err_set(k->err, kind, "jpeg_strip", "JPEG is not to be read",
		      code);
	longjmp(k->back, 1);
}

/* The library's texts are not asked for: they may hold bytes of the file. */
static void on_error(j_common_ptr any)
{
	int code = any->err->msg_code;

	leave(work_of(any), code == JERR_OUT_OF_MEMORY ? ERR_NOMEM : ERR_INPUT,
	      code);
}

/* Below zero are warnings: half a picture would do for a viewer, but it is
 * not what was sent. */
static void on_message(j_common_ptr any, int level)
{
	struct jpeg_work *k = work_of(any);

	if (level >= 0)
		return;
	if (any->err->msg_code == JWRN_JPEG_EOF || ++k->warnings > WARNINGS_MAX)
		leave(k, ERR_INPUT, any->err->msg_code);
}

static void on_text(j_common_ptr any)
{
	(void)any;
}

/* A scan of a few bytes may stand for all pixels. */
static void on_progress(j_common_ptr any)
{
	struct jpeg_work *k = work_of(any);
	uint64_t scans = (uint64_t)k->in.input_scan_number;

	if (scans > SCANS_MAX ||
	    scans * k->in.image_width * k->in.image_height > k->limits->work)
		leave(k, ERR_INPUT, 0);
}

/* --- where it goes -------------------------------------------------------- */

static void to_begin(j_compress_ptr out)
{
	struct jpeg_work *k = out->client_data;

	k->to.next_output_byte = k->piece;
	k->to.free_in_buffer = sizeof(k->piece);
}

static void to_append(struct jpeg_work *k, size_t len)
{
	if (buf_append(k->ret, k->piece, len, k->err) != 0)
		longjmp(k->back, 1);
}

static boolean to_full(j_compress_ptr out)
{
	to_append(out->client_data, PIECE_BYTES);
	to_begin(out);
	return TRUE;
}

static void to_end(j_compress_ptr out)
{
	struct jpeg_work *k = out->client_data;

	to_append(k, sizeof(k->piece) - k->to.free_in_buffer);
}

/* --- the way through ------------------------------------------------------ */

static void open_both(struct jpeg_work *k)
{
	jpeg_create_decompress(&k->in);
	jpeg_create_compress(&k->out);
	k->in.mem->max_memory_to_use = (long)k->limits->memory;
	k->progress.progress_monitor = on_progress;
	k->in.progress = &k->progress;
	k->to.init_destination = to_begin;
	k->to.empty_output_buffer = to_full;
	k->to.term_destination = to_end;
	k->out.dest = &k->to;
}

static unsigned int orientation_of(const struct jpeg_work *k)
{
	const struct jpeg_marker_struct *m = k->in.marker_list;

	for (; m != NULL; m = m->next)
		if (m->marker == MARKER_EXIF && m->data_length > EXIF_HEAD &&
		    memcmp(m->data, "Exif\0", EXIF_HEAD - 1) == 0)
			return exif_orientation(m->data, m->data_length);
	return EXIF_UPRIGHT;
}

static void write_markers(struct jpeg_work *k)
{
	uint8_t block[EXIF_HEAD + EXIF_BYTES];
	unsigned int orientation = orientation_of(k);

	if (orientation != EXIF_UPRIGHT) {
		exif_make(orientation, block);
		jpeg_write_marker(&k->out, MARKER_EXIF, block, sizeof(block));
	}
	if (jpeg_read_icc_profile(&k->in, &k->profile, &k->profile_len))
		jpeg_write_icc_profile(&k->out, k->profile, k->profile_len);
}

static void through(struct jpeg_work *k)
{
	jvirt_barray_ptr *coefficients;

	open_both(k);
	jpeg_mem_src(&k->in, k->bytes, (unsigned long)k->len);
	jpeg_save_markers(&k->in, MARKER_EXIF, MARKER_BYTES);
	jpeg_save_markers(&k->in, MARKER_ICC, MARKER_BYTES);
	(void)jpeg_read_header(&k->in, TRUE);
	if ((uint64_t)k->in.image_width * k->in.image_height >
	    k->limits->pixels)
		leave(k, ERR_INPUT, 0);
	coefficients = jpeg_read_coefficients(&k->in);
	jpeg_copy_critical_parameters(&k->in, &k->out);
	/* Not the tables of the standard: the file would grow. */
	k->out.optimize_coding = TRUE;
	jpeg_write_coefficients(&k->out, coefficients);
	write_markers(k);
	jpeg_finish_compress(&k->out);
	(void)jpeg_finish_decompress(&k->in);
}

/* Nothing but what setjmp needs is in this frame. */
static bool comes_through(struct jpeg_work *k)
{
	if (setjmp(k->back) != 0)
		return false;
	through(k);
	return true;
}

int jpeg_strip(const uint8_t *bytes, size_t len,
	       const struct picture_limits *limits, struct buf *ret,
	       struct err *err)
{
	struct jpeg_work *k = calloc(1, sizeof(*k));
	bool good;

	if (k == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for a picture", 0);
	k->bytes = bytes;
	k->len = len;
	k->limits = limits;
	k->ret = ret;
	k->err = err;
	k->in.err = k->out.err = jpeg_std_error(&k->errors);
	k->errors.error_exit = on_error;
	k->errors.emit_message = on_message;
	k->errors.output_message = on_text;
	k->in.client_data = k->out.client_data = k;
	good = comes_through(k);
	jpeg_destroy_compress(&k->out);
	jpeg_destroy_decompress(&k->in);
	free(k->profile);
	sodium_memzero(k, sizeof(*k));
	free(k);
	return good ? 0 : -1;
}
