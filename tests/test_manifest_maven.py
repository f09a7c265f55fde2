"""pom.xml -> what resolving its artifacts reads, or why that is not known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifest_request import request

from reorder.manifests import Followed, maven_wrapper
from reorder.manifests.maven import follow

POM = "/app/pom.xml"


def pom(inner: str = "", name: str = "app") -> str:
    space = "http://maven.apache.org/POM/4.0.0"
    return f'<project xmlns="{space}"><artifactId>{name}</artifactId>{inner}</project>'


MODULES = "<modules><module>a</module><module>b</module></modules>"
NEEDS_B = "<dependencies><dependency><artifactId>b</artifactId></dependency></dependencies>"
MANAGES_B = f"<dependencyManagement>{NEEDS_B}</dependencyManagement>"
PARENT = "<parent><artifactId>p</artifactId>{}</parent>"


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        pytest.param({}, "content of /app/pom.xml is not known", id="no pom"),
        pytest.param({POM: "<project"}, "cannot be read as XML", id="broken XML"),
        pytest.param({POM: "<settings/>"}, "no project file", id="another kind of file"),
        pytest.param({POM: pom(MODULES)}, "/app/a/pom.xml is not known", id="a missing module"),
        pytest.param(
            {POM: pom("<modules><module>${x}</module></modules>")},
            "not known before the build",
            id="a module by a property",
        ),
        pytest.param(
            {
                POM: pom(MODULES),
                "/app/a/pom.xml": pom(NEEDS_B, "a"),
                "/app/b/pom.xml": pom("", "b"),
            },
            "needs the module `b`",
            id="a module that needs another",
        ),
        pytest.param(
            {POM: pom("<version>${env.TAG}</version>")}, "looks at the environment", id="a variable"
        ),
        pytest.param(
            {POM: pom("<repositories><repository><url>file:lib</url></repository></repositories>")},
            "repository in a folder",
            id="a repository in the project",
        ),
        pytest.param(
            {POM: pom("<build><extensions><extension/></extensions></build>")},
            "build extension",
            id="a build extension",
        ),
        pytest.param(
            {POM: pom("<plugin><extensions>true</extensions></plugin>")},
            "build extension",
            id="a plugin that extends the build",
        ),
        pytest.param(
            {POM: pom("<activation><file><exists>x</exists></file></activation>")},
            "which files there are",
            id="a profile that looks for a file",
        ),
        pytest.param(
            {POM: pom("<execution><id>default-cli</id></execution>")},
            "default-cli",
            id="settings of a goal called by its name",
        ),
        pytest.param(
            {POM: pom("<outputFile>deps.txt</outputFile>")}, "write into a file", id="a report"
        ),
        pytest.param(
            {POM: pom(), "/app/.mvn/extensions.xml": "<extensions/>"},
            "may change what is read",
            id="a core extension",
        ),
        pytest.param(
            {POM: pom(), "/.mvn/maven.config": "-q"}, "may change", id="options in a folder above"
        ),
        pytest.param(
            {POM: pom(), "/app/.mvn/maven.config": "-f\nother.xml"}, "option `-f`", id="another pom"
        ),
        pytest.param(
            {POM: pom(), "/app/.mvn/maven.config": "--settings\nx.xml"},
            "option `--settings`",
            id="other settings",
        ),
        pytest.param(
            {POM: pom(), "/app/.mvn/jvm.config": "-javaagent:x.jar"},
            "option `-javaagent:x.jar`",
            id="an agent",
        ),
        pytest.param(
            {POM: pom(), "/root/.m2/settings.xml": "<s><localRepository>/r</localRepository></s>"},
            "sets localRepository",
            id="artifacts put elsewhere",
        ),
    ],
)
def test_a_build_is_not_followed_with(files: dict[str, str], reason: str) -> None:
    assert reason in (follow(request(files)).opaque or "")


def test_a_parent_that_a_run_may_have_changed_is_not_followed() -> None:
    files = {POM: pom(PARENT.format(""))}
    found = follow(request(files, unknown=("/pom.xml",)))
    assert found.opaque == "the content of /pom.xml is not known: give the build context"


def test_a_file_that_is_not_known_before_the_build_is_not_followed() -> None:
    assert "value of -f is not known" in (follow(request({POM: pom()}, "-f")).opaque or "")


@pytest.mark.parametrize("value", ["-javaagent:/app/x.jar", "-Xmx1g @options"])
def test_options_of_the_machine_that_name_files_are_not_followed(value: str) -> None:
    found = follow(request({POM: pom()}, variables={"MAVEN_OPTS": value}))
    assert "MAVEN_OPTS" in (found.opaque or "")


@pytest.mark.parametrize(
    ("files", "values", "read"),
    [
        pytest.param({POM: pom()}, {}, {POM}, id="a pom alone"),
        pytest.param(
            {"/app/x/pom.xml": pom()}, {"-f": "x"}, {"/app/x/pom.xml"}, id="a folder by a flag"
        ),
        pytest.param(
            {"/app/x.xml": pom()}, {"--file": "x.xml"}, {"/app/x.xml"}, id="a file by a flag"
        ),
        pytest.param(
            {
                POM: pom(MODULES + MANAGES_B),
                "/app/a/pom.xml": pom("", "a"),
                "/app/b/pom.xml": pom("", "b"),
            },
            {},
            {POM, "/app/a/pom.xml", "/app/b/pom.xml"},
            id="modules that are managed only",
        ),
        pytest.param(
            {POM: pom(PARENT.format("")), "/pom.xml": pom("", "p")},
            {},
            {POM, "/pom.xml"},
            id="a parent",
        ),
        pytest.param(
            {POM: pom(PARENT.format("<relativePath/>")), "/pom.xml": pom("", "p")},
            {},
            {POM},
            id="a parent from a repository",
        ),
        pytest.param(
            {
                POM: pom("<systemPath>${project.basedir}/lib/x.jar</systemPath>"),
                "/app/lib/x.jar": "",
            },
            {},
            {POM, "/app/lib/x.jar"},
            id="a jar of the project",
        ),
        pytest.param(
            {
                POM: pom(),
                "/app/.mvn/maven.config": "-Drevision=1\n-T 1C",
                "/app/.mvn/jvm.config": "-Xmx1g",
            },
            {},
            {POM, "/app/.mvn/maven.config", "/app/.mvn/jvm.config"},
            id="options of the project",
        ),
        pytest.param(
            {POM: pom(), "/app/s.xml": "<settings/>"},
            {"-s": "s.xml"},
            {POM, "/app/s.xml"},
            id="settings",
        ),
    ],
)
def test_of_the_files_there_are_it_reads(
    files: dict[str, str], values: dict[str, str], read: set[str]
) -> None:
    found = follow(request(files, values=values))
    assert (found.opaque, set(found.files) & set(files), found.rewrites) == (None, read, ())


@pytest.mark.parametrize("path", ["/pom.xml", "/app/.mvn/extensions.xml", "/.mvn/jvm.config"])
def test_it_looks_for_a_file_that_is_not_there(path: str) -> None:
    assert path in follow(request({POM: pom(PARENT.format(""))})).files


SCRIPT = "#!/bin/sh\n# Apache Maven Wrapper startup batch script, version 3.3.2\n"
PLACE = "/app/.mvn/wrapper/maven-wrapper.properties"
WRAPPED = {POM: pom(), "/app/mvnw": SCRIPT, PLACE: "distributionUrl=https\\://x.org/m.zip"}


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        pytest.param({POM: pom()}, "content of /app/mvnw is not known", id="no script"),
        pytest.param(
            WRAPPED | {"/app/mvnw": "#!/bin/sh\nmake"}, "no generated wrapper", id="another"
        ),
        pytest.param(
            WRAPPED | {PLACE: "distributionUrl=file:/m.zip"},
            "use an address",
            id="a program in a folder",
        ),
    ],
)
def test_a_wrapper_is_not_followed_with(files: dict[str, str], reason: str) -> None:
    assert reason in (maven_wrapper.follow(request(files)).opaque or "")


def test_a_wrapper_reads_its_own_files_and_the_pom() -> None:
    found = maven_wrapper.follow(request(WRAPPED))
    assert (found.opaque, set(found.files) & set(WRAPPED)) == (None, set(WRAPPED))
    assert found.rewrites == ("/app/.mvn/wrapper/maven-wrapper.jar",)


@given(st.text(), st.text())
def test_no_content_raises(one: str, other: str) -> None:
    assert follow(request({POM: one})).opaque is not None
    files = {POM: pom(), "/app/.mvn/maven.config": other, "/app/mvnw": SCRIPT, PLACE: one}
    assert isinstance(maven_wrapper.follow(request(files)), Followed)
