/* making.h - a package on its way: the parts of it, for each other only. */
#ifndef POSTERN_PACKAGE_MAKING_H
#define POSTERN_PACKAGE_MAKING_H

#include "feed.h"
#include "manifest.h"
#include "postern/accesspage.h"
#include "rows.h"
#include "thirds.h"
#include "zipout.h"

#define MAKING_OUT_MAX	(192u * 1024 * 1024) /* one page of long messages */
#define MAKING_SKIP_MAX 16

struct media_part;
struct sheet;
struct packaging {
	struct worker *w;
	struct package_row row;
	struct thirds *thirds;
	struct feed *feed;
	struct manifest *manifest;
	struct zipout *zip;
	char file[PACKAGE_NAME_BYTES];
	int64_t now_ms; /* when it was begun: the day the copy is of */
	size_t part;
	const struct sheet *sheet; /* of the part, while it is text */
	bool known;		   /* which messages there are */
	bool begun;		   /* the part */
	bool spoilt;		   /* what was written cannot be gone on with */
	bool listed;	/* Datenarten and redactions are in the manifest */
	bool first;	/* of a JSON list */
	struct buf out; /* what the part has made, to be written */
	struct accesspage *page;
	struct media_part *media;
	/* Attachments that turned out to be damaged while they were read:
	 * they outlive a beginning anew. */
	struct {
		int64_t id;
		char path[FEED_PATH_BYTES];
	} skip[MAKING_SKIP_MAX];
	size_t skip_len;
	int64_t told_boot_ms; /* progress was written */
	int64_t look_boot_ms; /* for what is due, not before */
};

/* A file of text, made of the walk. */
struct sheet {
	const char *path;
	int (*begin)(struct packaging *p, struct err *err);
	int (*section)(struct packaging *p, enum feed_section section,
		       struct err *err);
	int (*record)(struct packaging *p, enum feed_section section,
		      const json_t *record, struct err *err);
	int (*section_end)(struct packaging *p, enum feed_section section,
			   struct err *err);
	int (*end)(struct packaging *p, struct err *err);
	bool messages_only;
};
extern const struct sheet sheet_json, sheet_csv;	/* sheet_data.c */
extern const struct sheet sheet_page_de, sheet_page_en; /* sheet_page.c */

/* text_part.c: one slice of p->sheet. */
int text_part_step(struct packaging *p, bool *ret_done, struct err *err);

/* media_part.c: one slice of the attachments. */
int media_part_step(struct packaging *p, bool *ret_done, struct err *err);
void media_part_close(struct packaging *p);

/* about.c: Art. 15(1)(a) to (h), (2) for programs; NULL: no memory. */
json_t *about_json(const struct packaging *p);

/* What the part has made goes into the ZIP. */
int making_flush(struct packaging *p, struct err *err);
/* A text in it, or "". */
const char *making_text(const json_t *record, const char *member);

#endif
