/* media_part.c - attachments in their original bytes, a piece at a time. */
#include <sodium.h>
#include <stdlib.h>

#include "making.h"

#define MESSAGES_STEP 40
#define FILES_MAX     64
#define SLICE_BYTES   (512u * 1024)
#define NO_SLOT	      SIZE_MAX

static const char files_sql[] =
    "SELECT a.id,a.key_person,a.datenart,a.year,a.media_sealed,a.bytes,a.file,"
    "m.direction,c.channel FROM attachment a JOIN message m ON m.id=a.message"
    " JOIN conversation c ON c.id=a.conversation WHERE a.message=? AND"
    " a.file IS NOT NULL AND a.state IN ('kept','outgoing') ORDER BY a.id";

struct media_file {
	int64_t id, bytes;
	char file[PACKAGE_NAME_BYTES], path[FEED_PATH_BYTES];
	struct name datenart, channel;
	size_t key_slot, media_slot;
	bool gone; /* its key was destroyed */
	uint8_t key[32];
};
struct media_part {
	int64_t ids[MESSAGES_STEP]; /* messages whose files come next */
	size_t ids_len, ids_at;
	struct media_file files[FILES_MAX];
	size_t len, at;
	struct sealedfile *open; /* of the file at at */
	uint8_t piece[SLICE_BYTES];
};

void media_part_close(struct packaging *p)
{
	if (p->media == NULL)
		return;
	sealedfile_close(&p->media->open);
	sodium_memzero(p->media, sizeof(*p->media));
	free(p->media);
	p->media = NULL;
}

/* --- which files ---------------------------------------------------------- */

static bool is_wanted(const struct packaging *p, struct store_rows *rows,
		      const struct media_file *f)
{
	char direction[8];

	for (size_t i = 0; i < p->skip_len; i++)
		if (p->skip[i].id == f->id)
			return false;
	return p->row.kind == PACKAGE_ACCESS ||
	       (store_word(store_column(p->w->store, rows, 7), direction,
			   sizeof(direction)) &&
		strcmp(direction, "in") == 0 &&
		feed_portable(p->feed, &f->channel));
}

static bool take_name(struct store_value v, struct name *ret)
{
	char word[NAME_LEN_MAX + 1];

	return store_word(v, word, sizeof(word)) &&
	       name_set(ret, word, strlen(word));
}

static int take_row(struct packaging *p, struct store_rows *rows,
		    struct keeper_batch *batch, struct err *err)
{
	struct store *st = p->w->store;
	struct media_part *m = p->media;
	struct media_file *f = &m->files[m->len];
	struct store_value sealed = store_column(st, rows, 4);
	struct key_ref key = {.person = store_column(st, rows, 1).num,
			      .year = (uint16_t)store_column(st, rows, 3).num};

	*f = (struct media_file){.id = store_column(st, rows, 0).num,
				 .bytes = store_column(st, rows, 5).num};
	if (!take_name(store_column(st, rows, 2), &f->datenart) ||
	    !take_name(store_column(st, rows, 8), &f->channel) ||
	    !store_word(store_column(st, rows, 6), f->file, sizeof(f->file)))
		return ERR_SET(err, ERR_INPUT, "row of an attachment", 0);
	if (!is_wanted(p, rows, f))
		return 0;
	key.datenart = f->datenart;
	f->key_slot = keeper_add_file_key(batch, &key, f->id);
	f->media_slot = sealed.len > 0
			    ? keeper_add_open(batch, &key, f->id, FIELD_MEDIA,
					      sealed.bytes, sealed.len)
			    : NO_SLOT;
	m->len++;
	return 0;
}

static int read_message(struct packaging *p, int64_t message,
			struct keeper_batch *batch, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc = 0;

	if (store_start(p->w->store, files_sql, STORE_ARGS(S_INT(message)),
			&rows, err) != 0)
		return -1;
	while (p->media->len < FILES_MAX &&
	       (rc = store_step(p->w->store, rows, err)) > 0)
		if (take_row(p, rows, batch, err) != 0) {
			rc = -1;
			break;
		}
	store_finish(p->w->store, &rows);
	return rc < 0 ? -1 : 0;
}

/* Name and key of each; the name follows from its type. */
static void take_opened(struct packaging *p, const struct keeper_batch *batch)
{
	for (size_t i = 0; i < p->media->len; i++) {
		struct media_file *f = &p->media->files[i];
		const uint8_t *key = NULL;
		const char *why, *type;
		json_t *media = f->media_slot != NO_SLOT
				    ? feed_opened(batch, f->media_slot, &why)
				    : NULL;
		size_t len = 0;

		f->gone =
		    keeper_result(batch, f->key_slot, &key, &len, NULL) != 0 ||
		    len != sizeof(f->key);
		if (!f->gone)
			memcpy(f->key, key, sizeof(f->key));
		type = json_string_value(json_object_get(media, "mime"));
		feed_media_path(p->w, f->id, type != NULL ? type : "", f->path);
		json_decref(media);
	}
}

/* The files of the next messages; none left: *ret_done. */
static int next_files(struct packaging *p, bool *ret_done, struct err *err)
{
	struct keeper_batch *batch = NULL;
	struct media_part *m = p->media;
	size_t was = m->ids_at;
	int rc = 0;

	m->len = m->at = 0;
	if (m->ids_at == m->ids_len) {
		m->ids_at = was = 0;
		if (feed_ids(p->feed, m->ids, MESSAGES_STEP, &m->ids_len,
			     err) != 0)
			return -1;
	}
	*ret_done = m->ids_len == 0;
	if (*ret_done)
		return 0;
	if (keeper_batch_new(p->w->keeper, &batch, err) != 0)
		return -1;
	/* One message has few; a page of them fits, or the rest comes next. */
	while (rc == 0 && m->ids_at < m->ids_len && m->len < FILES_MAX / 2)
		rc = read_message(p, m->ids[m->ids_at++], batch, err);
	if (rc == 0 && m->len > 0)
		rc = keeper_run(batch, err);
	if (rc == 0)
		take_opened(p, batch);
	else {
		m->len = 0;
		m->ids_at = was;
	}
	keeper_batch_free(&batch);
	return rc;
}

/* --- one file ------------------------------------------------------------- */

static int pass_over(struct packaging *p, const char *why, struct err *err)
{
	struct media_part *m = p->media;

	return manifest_missing(p->manifest, m->files[m->at++].path, why, err);
}

static int begin_file(struct packaging *p, struct media_file *f,
		      struct err *err)
{
	struct media_part *m = p->media;

	if (f->gone)
		return pass_over(p, "erased", err);
	if (mediafile_open(p->w->settings->dir, f->file, f->key, f->bytes,
			   &m->open, err) != 0) {
		if (err->kind != ERR_ABSENT && err->kind != ERR_CORRUPT)
			return -1;
		return pass_over(
		    p, err->kind == ERR_ABSENT ? "erased" : "damaged", err);
	}
	if (zipout_begin(p->zip, f->path, f->bytes, true, err) != 0) {
		p->spoilt = true;
		return -1;
	}
	return 0;
}

/* What was announced cannot be kept: the package is begun anew without it. */
static int give_up(struct packaging *p, const struct media_file *f,
		   struct err *err)
{
	p->spoilt = true;
	if (p->skip_len == MAKING_SKIP_MAX)
		return ERR_SET(err, ERR_INPUT, "too many damaged files", 0);
	p->skip[p->skip_len].id = f->id;
	memcpy(p->skip[p->skip_len++].path, f->path, sizeof(f->path));
	return ERR_SET(err, ERR_BUSY, "a damaged file", 0);
}

static int end_file(struct packaging *p, struct media_file *f, struct err *err)
{
	struct manifest_file told = {
	    .path = f->path,
	    .datenart = f->datenart.text,
	    .basis = feed_basis(p->w, f->channel.text),
	};
	uint8_t sha256[32];

	sealedfile_close(&p->media->open);
	sodium_memzero(f->key, sizeof(f->key));
	p->media->at++;
	if (zipout_end(p->zip, sha256, &told.bytes, err) != 0) {
		p->spoilt = true;
		return -1;
	}
	told.sha256 = sha256;
	return manifest_add(p->manifest, &told, err);
}

static int copy_piece(struct packaging *p, struct media_file *f,
		      struct err *err)
{
	struct media_part *m = p->media;
	size_t len = 0;

	if (sealedfile_read(m->open, m->piece, sizeof(m->piece), &len, err) !=
	    0)
		return err->kind == ERR_CORRUPT ? give_up(p, f, err) : -1;
	if (len == 0)
		return end_file(p, f, err);
	if (zipout_write(p->zip, m->piece, len, err) != 0) {
		p->spoilt = true;
		return -1;
	}
	return 0;
}

static int skipped_told(struct packaging *p, struct err *err)
{
	for (size_t i = 0; i < p->skip_len; i++)
		if (manifest_missing(p->manifest, p->skip[i].path, "damaged",
				     err) != 0)
			return -1;
	return 0;
}

int media_part_step(struct packaging *p, bool *ret_done, struct err *err)
{
	struct media_part *m = p->media;

	*ret_done = false;
	if (m == NULL) {
		m = p->media = calloc(1, sizeof(*m));
		if (m == NULL)
			return ERR_SET(err, ERR_NOMEM, "attachments", 0);
		feed_rewind(p->feed);
		return skipped_told(p, err);
	}
	if (m->at == m->len)
		return next_files(p, ret_done, err);
	return m->open == NULL ? begin_file(p, &m->files[m->at], err)
			       : copy_piece(p, &m->files[m->at], err);
}
