/* accesspage.h - the copy of a person's data as a page to read (Art. 15, 12(1)
 * GDPR): what is done with them, and the conversation like a chat.
 *
 * One HTML file that loads nothing, runs nothing and is well-formed as XML; a
 * piece at a time, so that memory does not follow its length.  Pure.  Whatever
 * others wrote is a text in it, never markup.
 *
 * Source: compliance 2.2. */
#ifndef POSTERN_ACCESSPAGE_H
#define POSTERN_ACCESSPAGE_H

#include "postern/render.h"

struct accesspage;
/* Everything is appended to out, which the caller may empty between calls. */
int accesspage_new(enum tongue tongue, struct buf *out, struct accesspage **ret,
		   struct err *err);
void accesspage_free(struct accesspage **p); /* accepts NULL */

struct accesspage_head {
	const struct policy *policy;
	const struct render_instance *instance;
	const struct name *channels; /* the person was in touch over these */
	size_t channels_len;
	const char *alias, *person, *made; /* made: a day */
};
void accesspage_begin(struct accesspage *p, const struct accesspage_head *head);
/* A part of the copy, by the name it has in data.json: "lookups". */
void accesspage_section(struct accesspage *p, const char *section);
/* A row of it.  cell: the value of a member, "" none; borrowed until the next
 * call. */
typedef const char *accesspage_cell(void *ctx, const char *member);
void accesspage_row(struct accesspage *p, accesspage_cell *cell, void *ctx);

enum accesspage_side { ACCESSPAGE_YOU, ACCESSPAGE_US, ACCESSPAGE_AUTOMATIC };
#define ACCESSPAGE_FILES_MAX 16
struct accesspage_message {
	enum accesspage_side side;
	const char *id, *at;		   /* at: local time, to be read */
	const char *kind, *state, *target; /* words of data.json; "" none */
	const char *text, *emoji;	   /* NULL: none */
	size_t text_len;
	const char *content; /* "erased", "unreadable"; "" neither */
	bool restricted, masked;
	const char *kept, *until; /* verdict and day; "" none */
	struct accesspage_file {
		const char *name, *path, *type; /* path "": not there */
		int64_t bytes;
	} files[ACCESSPAGE_FILES_MAX];
	size_t files_len;
};
/* conversation: its id; a new one begins a new chat. */
void accesspage_message(struct accesspage *p, const char *conversation,
			const char *channel,
			const struct accesspage_message *m);
void accesspage_section_end(struct accesspage *p);
/* What is done with the data, and the end. */
void accesspage_end(struct accesspage *p, const struct accesspage_head *head);
/* 0, or -1 with what went wrong first: ERR_NOMEM, or ERR_INPUT (out is full).
 */
int accesspage_check(const struct accesspage *p, struct err *err);

#endif
