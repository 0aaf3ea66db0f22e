/* auditreport_terms.h - events of the proof log in words. */
#ifndef POSTERN_RENDER_AUDITREPORT_TERMS_H
#define POSTERN_RENDER_AUDITREPORT_TERMS_H

#include <stddef.h>

struct audit_term {
	const char *event;
	const char *words[2]; /* German, English */
	const char *measures; /* ids of the SDM */
};
/* NULL: an event that has no row yet. */
const struct audit_term *audit_term_of(const char *event);

#endif
