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
  title text not null,
  subtitle text,
  authors text,
  year text,
  publisher text,
  place text,
  ccnb text
) without rowid;

create table volume (
  uuid text primary key,
  title text not null,
  subtitle text,
  authors text,
  year text,
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
  title_id text references title (id),
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
create index volume_institution on volume (institution, created, uuid);
create index volume_title_id on volume (title_id, uuid);
create index volume_year on volume (year);
create index volume_type on volume (type);
create index volume_quality on volume (quality);
create index volume_batch on volume (batch);

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
create index page_institution on page (institution);
create index page_year on page (year);
create index page_type on page (type);
create index page_quality on page (quality);
create index page_position on page (position, uuid);
create index page_attention on page (attention) where attention > 0;

create table page_text (
  page text primary key references page (uuid),
  text text not null
);

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
  bytes integer
);
create index fixity_object on fixity (object, version);
create index fixity_kind on fixity (kind);
create index fixity_verdict on fixity (verdict);

create virtual table page_fts using fts5 (
  text, content="page_text", tokenize="unicode61 remove_diacritics 2", prefix='3'
);
create trigger page_text_added after insert on page_text begin
  insert into page_fts (rowid, text) values (new.rowid, new.text);
end;
create trigger page_text_gone after delete on page_text begin
  insert into page_fts (page_fts, rowid, text) values ('delete', old.rowid, old.text);
end;

create virtual table volume_fts using fts5 (
  title, subtitle, authors, publisher, place, content="volume", tokenize="unicode61 remove_diacritics 2", prefix='3'
);
create trigger volume_added after insert on volume begin
  insert into volume_fts (rowid, title, subtitle, authors, publisher, place)
  values (new.rowid, new.title, new.subtitle, new.authors, new.publisher, new.place);
end;
create trigger volume_gone after delete on volume begin
  insert into volume_fts (volume_fts, rowid, title, subtitle, authors, publisher, place)
  values ('delete', old.rowid, old.title, old.subtitle, old.authors, old.publisher, old.place);
end;

-- Pages that somebody should look at, worst first.
create view weak_pages as
select page.attention, page.quality, page.confidence, page.warnings, volume.title, page.position, page.label,
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
select volume.title, copy.object, copy.version, copy.place, min(copy.time) as since,
  (select max(checked.time) from fixity as checked
    where checked.verdict = 'intact' and checked.seq >= copy.seq
    and (checked.object = copy.object or checked.object is null)
    and coalesce(checked.version, copy.version) = copy.version
    and coalesce(checked.place, copy.place) = copy.place) as last_intact
from fixity as copy join volume on volume.uuid = copy.object
where copy.kind in ('stored', 'replicated')
group by copy.object, copy.version, copy.place
order by copy.object, copy.version, copy.place;

-- What the journal says was stored and the primary place does not hold.
create view missing as
select fixity.object, fixity.version, fixity.place, fixity.time
from fixity left join version on version.object = fixity.object and version.version = fixity.version
where fixity.kind = 'stored' and version.object is null
order by fixity.object, fixity.version;
