/* webp.c - a WebP's frames in a new container.
 *
 * The frames are taken over packed as they are; the new container is given
 * them, the colour profile and which side is up, and nothing else of the old
 * one: neither Exif nor XMP nor a chunk nobody knows. */
#include "picture/inside.h"

#include <stdbool.h>

#include <sodium.h>
#include <webp/mux.h>

/* Of a failed call: what it means for us. */
static int failed(WebPMuxError code, struct err *err)
{
	return ERR_SET(err,
		       code == WEBP_MUX_MEMORY_ERROR ? ERR_NOMEM : ERR_INPUT,
		       "WebP is not to be read", code);
}

static void wipe(WebPData *data)
{
	if (data->bytes != NULL)
		sodium_memzero((void *)(uintptr_t)data->bytes, data->size);
	WebPDataClear(data);
}

/* Returns 1 when there is none. */
static int copy_frame(const WebPMux *in, uint32_t i, bool animated,
		      WebPMux *out, struct err *err)
{
	WebPMuxFrameInfo frame = {0};
	WebPMuxError code = WebPMuxGetFrame(in, i, &frame);

	if (code == WEBP_MUX_NOT_FOUND)
		return 1;
	if (code != WEBP_MUX_OK)
		return failed(code, err);
	code = animated ? WebPMuxPushFrame(out, &frame, 1)
			: WebPMuxSetImage(out, &frame.bitstream, 1);
	wipe(&frame.bitstream);
	return code == WEBP_MUX_OK ? 0 : failed(code, err);
}

static int copy_animation(const WebPMux *in, unsigned int frames, WebPMux *out,
			  struct err *err)
{
	WebPMuxAnimParams params = {0};
	WebPMuxError code = WebPMuxGetAnimationParams(in, &params);
	int width = 0, height = 0, rc = 0;

	if (code == WEBP_MUX_OK)
		code = WebPMuxSetAnimationParams(out, &params);
	if (code == WEBP_MUX_OK)
		code = WebPMuxGetCanvasSize(in, &width, &height);
	if (code == WEBP_MUX_OK)
		code = WebPMuxSetCanvasSize(out, width, height);
	if (code != WEBP_MUX_OK)
		return failed(code, err);
	for (uint32_t i = 1; rc == 0; i++) {
		if (i > frames)
			return ERR_SET(err, ERR_INPUT, "too many frames", 0);
		rc = copy_frame(in, i, true, out, err);
	}
	return rc < 0 ? -1 : 0;
}

static int copy_picture(const WebPMux *in, unsigned int frames, WebPMux *out,
			struct err *err)
{
	uint32_t flags = 0;
	WebPMuxError code = WebPMuxGetFeatures(in, &flags);
	int rc;

	if (code != WEBP_MUX_OK)
		return failed(code, err);
	if ((flags & ANIMATION_FLAG) != 0)
		return copy_animation(in, frames, out, err);
	rc = copy_frame(in, 1, false, out, err);
	return rc == 1 ? failed(WEBP_MUX_NOT_FOUND, err) : rc;
}

static int copy_rest(const WebPMux *in, WebPMux *out, struct err *err)
{
	uint8_t block[EXIF_HEAD + EXIF_BYTES];
	const WebPData made = {block + EXIF_HEAD, EXIF_BYTES};
	WebPMuxError code = WEBP_MUX_OK;
	unsigned int orientation = EXIF_UPRIGHT;
	WebPData data;

	if (WebPMuxGetChunk(in, "ICCP", &data) == WEBP_MUX_OK)
		code = WebPMuxSetChunk(out, "ICCP", &data, 1);
	if (WebPMuxGetChunk(in, "EXIF", &data) == WEBP_MUX_OK)
		orientation = exif_orientation(data.bytes, data.size);
	if (code == WEBP_MUX_OK && orientation != EXIF_UPRIGHT) {
		exif_make(orientation, block);
		code = WebPMuxSetChunk(out, "EXIF", &made, 1);
	}
	return code == WEBP_MUX_OK ? 0 : failed(code, err);
}

/* The container says how long it is; the library wants nothing after it. */
static size_t whole_len(const uint8_t *bytes, size_t len)
{
	size_t told = (size_t)bytes[4] | (size_t)bytes[5] << 8 |
		      (size_t)bytes[6] << 16 | (size_t)bytes[7] << 24;

	told += 8 + (told & 1);
	return told < len ? told : len;
}

static int assemble(WebPMux *out, struct buf *ret, struct err *err)
{
	WebPData made = {0};
	WebPMuxError code = WebPMuxAssemble(out, &made);
	int rc;

	if (code != WEBP_MUX_OK)
		return failed(code, err);
	rc = buf_append(ret, made.bytes, made.size, err);
	wipe(&made);
	return rc;
}

int webp_strip(const uint8_t *bytes, size_t len,
	       const struct picture_limits *limits, struct buf *ret,
	       struct err *err)
{
	const WebPData all = {bytes, whole_len(bytes, len)};
	WebPMux *in = WebPMuxCreate(&all, 0), *out = WebPMuxNew();
	int rc = -1;

	if (out == NULL)
		(void)ERR_SET(err, ERR_NOMEM, "no memory for a picture", 0);
	else if (in == NULL)
		(void)failed(WEBP_MUX_BAD_DATA, err);
	else if (copy_picture(in, limits->frames, out, err) == 0 &&
		 copy_rest(in, out, err) == 0)
		rc = assemble(out, ret, err);
	WebPMuxDelete(in);
	WebPMuxDelete(out);
	return rc;
}
