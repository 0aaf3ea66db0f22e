/* render.h - the papers that follow from the policy: deletion concept, record
 * of processing, truth per channel, technical measures.
 *
 * Pure and without a clock: the same policy and settings give the same bytes.
 * HTML is one file that loads nothing, well-formed as XML; Markdown is that of
 * CommonMark with tables. */
#ifndef POSTERN_RENDER_H
#define POSTERN_RENDER_H

#include "postern/buf.h"
#include "postern/policy.h"
#include "postern/tongue.h"

enum render_what {
	RENDER_CONCEPT,	 /* Löschkonzept after DIN 66398 */
	RENDER_RECORD,	 /* Verzeichnis, Art. 30 GDPR */
	RENDER_CHANNELS, /* truth per channel, with the notices of Art. 13 */
	RENDER_MEASURES, /* technical measures, ids of the SDM */
	RENDERS,
};
/* "loeschkonzept", "verzeichnis", "kanaele", "massnahmen". */
const char *render_name(enum render_what what);
bool render_parse(const char *text, enum render_what *ret);

enum render_format { RENDER_HTML, RENDER_MARKDOWN };

/* What the settings know.  Texts may be "". */
struct render_channel {
	struct name name, helpdesk; /* helpdesk "": no route */
	const char *type, *role, *contract, *mechanism, *review;
};
struct render_instance {
	const char *controller, *contact, *dpo, *land;
	const struct render_channel *channels;
	size_t channels_len;
};

/*
 * render_page - one paper, appended to ret.
 *
 * Returns 0, or -1 with ERR_INPUT (longer than ret may grow) or ERR_NOMEM.
 */
int render_page(enum render_what what, enum render_format format,
		enum tongue tongue, const struct policy *policy,
		const struct render_instance *instance, struct buf *ret,
		struct err *err);

/* The authority people of a Land may complain to, for those who are no public
 * body; NULL: the Land is not known. */
const char *render_authority(const char *land);

#endif
