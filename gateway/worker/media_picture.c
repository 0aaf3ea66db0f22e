/* media_picture.c - pictures are stripped before they are sealed.
 *
 * Where the policy says media.strip, the first bytes tell whether a file is a
 * picture we can strip; the provider's word for it does not count.  A picture
 * is gathered in memory, never in a file: the archive and the disk see only
 * what is left of it.  Everything else passes through unseen.
 *
 * Place and device are told by the same blocks, so either word removes all of
 * them.  A picture that cannot be read is not kept: nobody could say what it
 * carries.  Source: Art. 5(1)(c) GDPR. */
#include "media.h"

/* A telephone's picture as it left the camera has up to 30 MB. */
#define PICTURE_BYTES_MAX  (32u << 20)
#define STRIPPED_BYTES_MAX (64u << 20) /* a PNG may have been packed better */

void media_picture_begin(struct media_flight *f)
{
	const struct worker *w = f->w;
	const struct name *name = &w->channels[f->channel]->name;
	struct policy_channel channel;

	buf_free(&f->clear);
	f->clear = BUF_INIT(PICTURE_BYTES_MAX);
	f->unreadable = false;
	/* A channel the policy no longer knows: the more careful answer. */
	f->strips =
	    !policy_channel_of(w->policy, name, &channel) || channel.strip != 0;
}

/* No picture, or none yet. */
static int pass_through(struct media_flight *f, struct err *err)
{
	int rc = sealedfile_write(f->file, f->clear.bytes, f->clear.len, err);

	f->strips = false;
	buf_free(&f->clear);
	return rc;
}

int media_picture_take(struct media_flight *f, const uint8_t *bytes, size_t len,
		       struct err *err)
{
	if (!f->strips)
		return sealedfile_write(f->file, bytes, len, err);
	/* The first piece may be larger than any picture, and be none. */
	if (f->clear.len == 0 && len >= PICTURE_HEAD_BYTES &&
	    picture_kind_of(bytes, len) == PICTURE_NONE) {
		f->strips = false;
		return sealedfile_write(f->file, bytes, len, err);
	}
	if (buf_append(&f->clear, bytes, len, err) != 0)
		return -1;
	if (f->clear.len >= PICTURE_HEAD_BYTES &&
	    picture_kind_of(f->clear.bytes, f->clear.len) == PICTURE_NONE)
		return pass_through(f, err);
	return 0;
}

int media_picture_end(struct media_flight *f, struct err *err)
{
	struct buf stripped = BUF_INIT(STRIPPED_BYTES_MAX);
	int rc;

	if (!f->strips)
		return 0;
	if (picture_kind_of(f->clear.bytes, f->clear.len) == PICTURE_NONE)
		return pass_through(f, err);
	rc = picture_strip(f->clear.bytes, f->clear.len, &picture_limits_usual,
			   &stripped, err);
	buf_free(&f->clear);
	if (rc == 0)
		rc = sealedfile_write(f->file, stripped.bytes, stripped.len,
				      err);
	if (rc == 0)
		f->bytes = (int64_t)stripped.len;
	buf_free(&stripped);
	return rc;
}
