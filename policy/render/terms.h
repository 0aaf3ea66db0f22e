/* terms.h - the words of the policy and of the law in both languages. */
#ifndef POSTERN_RENDER_TERMS_H
#define POSTERN_RENDER_TERMS_H

#include "../model.h"
#include "prose.h"

/* "Vertrag", "contract"; "Art. 6 Abs. 1 lit. b DSGVO". */
const char *term_basis(enum tongue tongue, enum legal_basis basis);
const char *term_basis_article(enum tongue tongue, enum legal_basis basis);
/* "Ende des Vorgangs"; "ab Ende des Vorgangs". */
const char *term_start(enum tongue tongue, enum policy_start start);
const char *term_from(enum tongue tongue, enum policy_start start);
/* How a person is called before a helpdesk. */
const char *term_person(enum tongue tongue, enum policy_person person);
const char *term_find(enum tongue tongue, enum policy_find find);
const char *term_role(enum tongue tongue, const char *role);
const char *term_consent(enum tongue tongue, enum consent_state state);
const char *term_act(enum tongue tongue, enum policy_act act);
const char *term_special(enum tongue tongue, const char *basis);
const char *term_block(enum tongue tongue, enum notice_block block);

/* "90 Tage", "1 Jahr und 6 Monate". */
void term_period(struct prose *t, const struct period *period);
/* What a rule orders, as half a sentence. */
void term_rule(struct prose *t, const struct rule *rule);
/* The part of it that is a law, a minimum or a restriction. */
void term_rule_delete(struct prose *t, const struct rule *rule);
void term_restriction(struct prose *t, const struct rule *rule);
/* The law a rule names: its paragraph where it is one of the known. */
void term_norm(struct prose *t, const struct rule *rule);
/* "Art. 7(3) GDPR" as that language writes it. */
void term_article(struct prose *t, const char *article);
/* "Bilder, Tondateien"; "place" and "device" data. */
void term_media(struct prose *t, unsigned int kinds);
void term_strip(struct prose *t, unsigned int strip);
void term_bytes(struct prose *t, int64_t bytes);
/* "Mo 08:00-12:00, 13:00-17:00; ..." */
void term_hours(struct prose *t, const struct hours *hours);

#endif
