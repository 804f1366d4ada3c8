-- The catalogue. Names are public (addresses of pages, JSON, CSV); what they mean is said in catalogue.toml.
--
-- Foreign keys are declared for Datasette, which makes links of them; they are not enforced, because the journal may
-- speak of objects that are gone. page and page_text (and volume and volume_fts) share their hidden rowid with the
-- full text: never VACUUM this file, build it anew.

create table institution (
  sigla text primary key,
  name text not null
) without rowid;

create table title (
  id text primary key,
  kind text not null,
  title text not null,
  subtitle text,
  authors text,
  year text,
  publisher text,
  place text,
  issn text,
  ccnb text
) without rowid;

create table volume (
  uuid text primary key,
  called text not null,
  title text not null,
  subtitle text,
  part_number text,
  part_name text,
  title_above text,
  title_id text references title (id),
  year_number text,
  year_id text,
  authors text,
  contributors text,
  year text,
  date text,
  publisher text,
  place text,
  languages text not null,
  script text,
  type text,
  institution text references institution (sigla),
  owner text,
  shelf_mark text,
  urnnbn text,
  isbn text,
  issn text,
  ismn text,
  ccnb text,
  copyright text,
  publication_status text,
  licence text,
  embargo text,
  access text not null,
  own_rights integer not null default 0,
  holder text,
  contents text,
  coordinates text,
  west real,
  south real,
  east real,
  north real,
  pages integer not null,
  blank_pages integer not null,
  words integer not null,
  confidence real,
  worst_confidence real,
  quality text,
  pages_to_check integer not null,
  warnings integer not null,
  bytes integer not null,
  version text not null,
  versions integer not null,
  copies integer not null default 0,
  stored text,
  folder text,
  batch text,
  delivery text,
  scanner text,
  claimed text,
  created text
);
-- Whatever is listed or counted is filtered by access, embargo and institution (repository.catalogue.rights.views): the
-- indexes of lists and facets hold them, so that no row is read to be left out.
create index volume_institution on volume (institution, created, uuid, access, embargo);
create index volume_title_id on volume (title_id, uuid, access, embargo, institution);
create index volume_access on volume (access, embargo, institution);
create index volume_year on volume (year, access, embargo, institution);
create index volume_date on volume (date);
create index volume_called on volume (called, uuid);
create index volume_copyright on volume (copyright);
create index volume_type on volume (type, access, embargo, institution);
create index volume_quality on volume (quality, access, embargo, institution);
create index volume_batch on volume (batch);
create index volume_west on volume (west) where west is not null;
create index volume_stored on volume (stored, uuid);

-- When rows of volumes changed last (nanoseconds, always growing): what was made of them before is made anew. Closed:
-- when some were last changed or taken out that had been there, so that nobody may be shown what was made before.
create table generation (
  number integer not null,
  closed integer not null
);
insert into generation values (0, 0);

create table title_in_package (
  volume text primary key references volume (uuid),
  title_id text not null references title (id),
  kind text not null,
  title text not null,
  subtitle text,
  authors text,
  year text,
  publisher text,
  place text,
  issn text,
  ccnb text,
  created text not null
) without rowid;
create index title_in_package_title on title_in_package (title_id, created);

create table version (
  object text not null references volume (uuid),
  version text not null,
  newest integer not null,
  state text not null,
  problem text,
  stored text,
  copies integer not null default 0,
  files integer,
  bytes integer,
  tagmanifest text not null,
  primary key (object, version)
) without rowid;
create index version_state on version (state);

create table page (
  uuid text primary key,
  volume text not null references volume (uuid),
  position integer not null,
  label text,
  type text not null,
  side text,
  source text not null,
  copyright text,
  licence text,
  embargo text,
  access text not null,
  institution text references institution (sigla),
  year text,
  quality text not null,
  confidence real,
  words integer not null,
  blank integer not null,
  warnings integer not null,
  attention integer not null,
  width integer not null,
  height integer not null,
  x_dpi real,
  y_dpi real,
  turned real not null,
  scan text not null,
  master text not null,
  user text not null,
  alto text not null,
  txt text not null
);
create index page_volume on page (volume, position);
create index page_access on page (access, embargo, institution);
create index page_institution on page (institution, access, embargo);
create index page_year on page (year, access, embargo, institution);
create index page_type on page (type, access, embargo, institution);
create index page_quality on page (quality, access, embargo, institution);
create index page_position on page (position, uuid, access, embargo, institution);
create index page_attention on page (attention) where attention > 0;
create index page_embargo on page (embargo, volume) where embargo is not null;
create index page_proposed on page (volume) where source = 'proposed';

create table page_text (
  page text primary key references page (uuid),
  text text not null
);

-- Printed words by what they are forms of, for searching. volume_words says it of one volume, as
-- {language: {lemma: {form: pages}}}, and fills word_form, which adds the pages up.
create table volume_words (
  volume text primary key references volume (uuid),
  forms text not null
) without rowid;

create table word_form (
  language text not null,
  lemma text not null,
  form text not null,
  pages integer not null,
  primary key (language, lemma, form)
) without rowid;
create index word_form_form on word_form (form);

create trigger volume_words_added after insert on volume_words begin
  insert into word_form (language, lemma, form, pages)
  select spoken.key, lemma.key, form.key, form.value
  from json_each(new.forms) as spoken, json_each(spoken.value) as lemma, json_each(lemma.value) as form where true
  on conflict do update set pages = pages + excluded.pages;
end;
create trigger volume_words_gone after delete on volume_words begin
  insert into word_form (language, lemma, form, pages)
  select spoken.key, lemma.key, form.key, -form.value
  from json_each(old.forms) as spoken, json_each(spoken.value) as lemma, json_each(lemma.value) as form where true
  on conflict do update set pages = pages + excluded.pages;
  delete from word_form where pages = 0 and (language, lemma, form) in (
    select spoken.key, lemma.key, form.key
    from json_each(old.forms) as spoken, json_each(spoken.value) as lemma, json_each(lemma.value) as form
  );
end;

create table division (
  id text primary key,
  volume text not null references volume (uuid),
  parent text references division (id),
  position integer not null,
  kind text not null,
  genre text,
  number text,
  title text,
  subtitle text,
  first_page integer not null,
  last_page integer not null,
  page text references page (uuid),
  source text not null
) without rowid;
create index division_volume on division (volume, position);
create index division_parent on division (parent);
create index division_page on division (page);
create index division_kind on division (kind);
create index division_source on division (source, volume);

create table name (
  volume text not null references volume (uuid),
  number integer not null,
  division text references division (id),
  text text not null,
  kind text not null,
  role text,
  authority text,
  primary key (volume, number)
) without rowid;
create index name_division on name (division);
create index name_text on name (text);
create index name_role on name (role);
create index name_authority on name (authority);

create table file (
  volume text not null references volume (uuid),
  path text not null,
  use text not null,
  page text references page (uuid),
  size integer not null,
  media_type text,
  sha512 text not null,
  md5 text,
  primary key (volume, path)
) without rowid;
create index file_page on file (page);

create table event (
  volume text not null references volume (uuid),
  number integer not null,
  page text not null references page (uuid),
  kind text not null,
  detail text not null,
  time text not null,
  outcome text not null,
  agent text not null,
  agent_version text,
  agent_note text,
  note text,
  subject text,
  primary key (volume, number)
) without rowid;
create index event_page on event (page);

create table finding (
  volume text not null references volume (uuid),
  number integer not null,
  page text references page (uuid),
  code text not null,
  severity text not null,
  subject text not null,
  text_cs text not null,
  text_en text not null,
  primary key (volume, number)
) without rowid;
create index finding_page on finding (page);
create index finding_code on finding (code);
create index finding_severity on finding (severity);

create table journal (
  seq integer primary key,
  time text not null,
  kind text not null,
  subject text not null,
  agent text not null,
  facts text not null,
  previous text not null,
  hash text not null
);
create index journal_kind on journal (kind);
create index journal_subject on journal (subject);

create table fixity (
  seq integer primary key references journal (seq),
  time text not null,
  kind text not null,
  object text references volume (uuid),
  version text,
  place text,
  verdict text not null,
  intact integer,
  faults integer not null,
  detail text,
  files integer,
  bytes integer,
  run text,
  practice integer not null
);
create index fixity_object on fixity (object, version);
create index fixity_kind on fixity (kind);
create index fixity_verdict on fixity (verdict);
create index fixity_run on fixity (run);

-- How safely it is kept, as the journal has it: these seven are written anew whenever the journal has grown
-- (repository.catalogue.safety_rows). Nothing in them depends on the day; overdue does, and is a view.
create table promise (
  copies integer not null,
  sites integer not null,
  media integer not null,
  drill_days integer not null,
  seals integer not null,
  stamps integer not null,
  since text,
  built integer not null
);

create table copy (
  object text not null references volume (uuid),
  version text not null,
  place text not null,
  since text not null,
  last_read text not null,
  verdict text not null,
  last_intact text not null,
  period integer not null,
  deadline text not null,
  bytes integer not null,
  primary key (object, version, place)
) without rowid;
create index copy_deadline on copy (deadline);
create index copy_last_read on copy (last_read);
create index copy_verdict on copy (verdict);

create table safety (
  object text not null references volume (uuid),
  version text not null,
  copies integer not null,
  sites integer not null,
  media integer not null,
  safe integer not null,
  places text,
  primary key (object, version)
) without rowid;
create index safety_safe on safety (safe);

create table incident (
  incident text primary key,
  object text not null references volume (uuid),
  version text not null,
  place text not null,
  verdict text not null,
  opened text not null,
  state text not null,
  ended text,
  run text,
  approved text,
  source text,
  reason text,
  faults integer not null,
  detail text,
  practice integer not null
) without rowid;
create index incident_state on incident (state, practice);

create table audit (
  run text primary key,
  begun text not null,
  ended text,
  due integer,
  intact integer,
  faults integer,
  unread integer,
  bytes integer,
  seconds real
) without rowid;
create index audit_begun on audit (begun);

create table drill (
  drill text primary key,
  exercise text not null,
  time text not null,
  passed integer not null,
  trials integer not null,
  failed integer not null,
  seconds real
) without rowid;
create index drill_exercise on drill (exercise, time);

create table seal (
  record text primary key,
  time text not null,
  sealed integer not null,
  test integer not null,
  stamps integer not null,
  stamped text,
  ends text
) without rowid;
create index seal_time on seal (time);

create virtual table page_fts using fts5 (
  text, content="page_text", tokenize="unicode61 remove_diacritics 2", prefix='3 4'
);
create trigger page_text_added after insert on page_text begin
  insert into page_fts (rowid, text) values (new.rowid, new.text);
end;
create trigger page_text_gone after delete on page_text begin
  insert into page_fts (page_fts, rowid, text) values ('delete', old.rowid, old.text);
end;

create virtual table volume_fts using fts5 (
  title, subtitle, part_name, title_above, authors, contributors, publisher, place, contents,
  content="volume", tokenize="unicode61 remove_diacritics 2", prefix='3'
);
create trigger volume_added after insert on volume begin
  insert into volume_fts (rowid, title, subtitle, part_name, title_above, authors, contributors, publisher, place, contents)
  values (new.rowid, new.title, new.subtitle, new.part_name, new.title_above, new.authors, new.contributors, new.publisher, new.place, new.contents);
end;
create trigger volume_gone after delete on volume begin
  insert into volume_fts
    (volume_fts, rowid, title, subtitle, part_name, title_above, authors, contributors, publisher, place, contents)
  values ('delete', old.rowid, old.title, old.subtitle, old.part_name, old.title_above, old.authors, old.contributors, old.publisher, old.place, old.contents);
end;

-- Pages that somebody should look at, worst first.
create view weak_pages as
select page.attention, page.quality, page.confidence, page.warnings, volume.called as title, page.position, page.label,
  page.institution, page.year, page.words, page.uuid as page, page.volume, page.user
from page join volume on volume.uuid = page.volume
where page.attention > 0
order by page.attention desc, page.volume, page.position;

-- What each institution has here, by year of publication.
create view holdings as
select volume.institution, institution.name, volume.year, count(*) as volumes, sum(volume.pages) as pages,
  sum(volume.words) as words,
  round(sum(volume.confidence * volume.words) / sum(case when volume.confidence is null then 0 else volume.words end), 4)
    as confidence,
  sum(volume.bytes) as bytes, min(volume.copies) as fewest_copies
from volume left join institution on institution.sigla = volume.institution
group by volume.institution, volume.year
order by volume.institution, volume.year;

-- Where every copy lies, since when, and when it was last read through and found intact.
create view custody as
select volume.called as title, copy.object, copy.version, copy.place, min(copy.time) as since,
  (select max(checked.time) from fixity as checked
    where checked.verdict = 'intact' and checked.seq >= copy.seq
    and (checked.object = copy.object or checked.object is null)
    and coalesce(checked.version, copy.version) = copy.version
    and coalesce(checked.place, copy.place) = copy.place) as last_intact
from fixity as copy join volume on volume.uuid = copy.object
where copy.kind in ('stored', 'replicated')
group by copy.object, copy.version, copy.place
order by copy.object, copy.version, copy.place;

-- What the journal says was stored and the primary place did not hold when the catalogue was last built.
create view missing as
select fixity.object, fixity.version, fixity.place, fixity.time
from fixity
  join copy on copy.object = fixity.object and copy.version = fixity.version and copy.place = fixity.place
  left join version on version.object = fixity.object and version.version = fixity.version
where fixity.kind = 'stored' and version.object is null and fixity.seq <= (select built from promise)
order by fixity.object, fixity.version;

-- Copies that were not read within the time promised for their place, longest first.
create view overdue as
select volume.called as title, copy.object, copy.version, copy.place, copy.last_read, copy.verdict, copy.period, copy.deadline
from copy left join volume on volume.uuid = copy.object
where copy.deadline < strftime('%Y-%m-%dT%H:%M:%S', 'now')
order by copy.deadline, copy.object, copy.version, copy.place;

-- Versions with fewer verified copies, sites or media than the policy asks for.
create view unsafe as
select volume.called as title, safety.object, safety.version, safety.copies, safety.sites, safety.media, safety.places
from safety left join volume on volume.uuid = safety.object
where not safety.safe
order by safety.copies, safety.object, safety.version;

-- Issues and supplements of periodicals as they came out.
create view issues as
select volume.title_above as title, volume.year_number, volume.part_number, volume.date, volume.type, volume.pages,
  volume.title_id, volume.uuid as volume
from volume
where volume.type in ('issue', 'supplement')
order by volume.title_above, volume.title_id, volume.date, cast(volume.part_number as integer), volume.uuid;

-- What nobody but staff may see today, and until when; pages with rights of their own may end on another day.
create view embargoed as
select page.embargo, volume.called as title, volume.institution, count(*) as pages, volume.holder, page.volume
from page join volume on volume.uuid = page.volume
where page.embargo > date('now', 'localtime')
group by page.embargo, page.volume
order by page.embargo, page.volume;

-- What was read off the pages and nobody has confirmed yet, most of it first.
create view proposed as
select volume.called as title, volume.institution, sum(told.pages) as proposed_pages, sum(told.divisions) as proposed_divisions,
  volume.pages, told.volume
from (
  select page.volume, count(*) as pages, 0 as divisions from page where page.source = 'proposed' group by page.volume
  union all
  select division.volume, 0, count(*) from division where division.source = 'proposed' group by division.volume
) as told join volume on volume.uuid = told.volume
group by told.volume
order by sum(told.pages) + sum(told.divisions) desc, told.volume;

-- Batches as their folders stand (repository.catalogue.batch_rows): what is in work, whose it is and what it waits for.
-- Numbers of a batch are added up from its volumes, so that each sees those of their institutions.
create table batch (
  batch text primary key,
  delivery text not null,
  claimed text not null,
  planned text not null,
  working integer not null,
  moving integer not null,
  pages_per_minute real,
  looked text not null,
  mark text not null
) without rowid;
create index batch_working on batch (working);

create table batch_volume (
  batch text not null references batch (batch),
  volume text not null,
  folder text not null,
  title text not null,
  institution text references institution (sigla),
  shelf_mark text,
  urnnbn text,
  barcode text,
  state text not null,
  version text,
  pages integer not null,
  done integer not null,
  bad integer not null,
  broken integer not null,
  todo integer not null,
  awaited integer not null,
  ended text,
  primary key (batch, volume)
) without rowid;
create index batch_volume_volume on batch_volume (volume);
create index batch_volume_institution on batch_volume (institution, batch);
create index batch_volume_state on batch_volume (state);

create table batch_page (
  batch text not null references batch (batch),
  volume text not null,
  position integer not null,
  subject text not null,
  page text,
  state text not null,
  step text not null,
  standing text not null,
  worth real not null,
  confidence real,
  words integer not null,
  blank integer not null,
  turned real not null,
  width integer not null,
  height integer not null,
  ended text,
  primary key (batch, volume, position)
) without rowid;
create index batch_page_worst on batch_page (batch, standing, worth);

create table batch_step (
  batch text not null references batch (batch),
  volume text not null,
  step text not null,
  number integer not null,
  pages integer not null,
  seconds real not null,
  longest real not null,
  primary key (batch, volume, step)
) without rowid;

create table batch_finding (
  batch text not null references batch (batch),
  volume text not null,
  number integer not null,
  position integer,
  code text not null,
  severity text not null,
  subject text not null,
  text_cs text not null,
  text_en text not null,
  do_cs text,
  do_en text,
  primary key (batch, volume, number)
) without rowid;
create index batch_finding_volume on batch_finding (batch, volume, severity);
create index batch_finding_code on batch_finding (batch, code);

-- What is used and free, and when it will be full: the figures of `kdr capacity`.
create table capacity (
  name text primary key,
  site text,
  medium text,
  used integer not null,
  free integer,
  percent real not null,
  warn_percent real not null,
  full_on text,
  earliest text,
  latest text,
  measured text not null
) without rowid;

create table capacity_share (
  institution text primary key references institution (sigla),
  objects integer not null,
  pages integer not null,
  bytes integer not null
) without rowid;

create table capacity_rate (
  days integer primary key,
  bytes_per_day real not null,
  pages_per_day real not null
) without rowid;
