{
  description = "MusicFS: a read-only filesystem that shows a music library by its tags";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" ];
      forEach = build: nixpkgs.lib.genAttrs systems (system: build nixpkgs.legacyPackages.${system});
      manifest = builtins.fromJSON (builtins.readFile ./package.json);
      lock = builtins.fromJSON (builtins.readFile ./package-lock.json);

      # The lock names versions and hashes but no addresses, so that it is the same behind any mirror. Nix wants
      # an address each; nixpkgs knows the registry's, from the packages that it takes from there itself.
      addressed =
        pkgs:
        let
          inherit (pkgs.lib) last mapAttrs splitString;
          registry = builtins.head (splitString "/pnpm/-/" pkgs.pnpm.src.url);
          addressOf =
            name: version: "${registry}/${name}/-/${last (splitString "/" name)}-${version}.tgz";
          withAddress =
            path: entry:
            if path == "" || entry ? resolved || !(entry ? version) then
              entry
            else
              entry // { resolved = addressOf (last (splitString "node_modules/" path)) entry.version; };
        in
        lock // { packages = mapAttrs withAddress lock.packages; };
    in
    {
      packages = forEach (pkgs: rec {
        musicfs = pkgs.buildNpmPackage {
          pname = manifest.name;
          version = manifest.version;
          src = self;
          nodejs = pkgs.nodejs_22;
          # Takes the hashes from package-lock.json, so that there is none to keep by hand.
          npmDeps = pkgs.importNpmLock {
            package = manifest;
            packageLock = addressed pkgs;
          };
          npmConfigHook = pkgs.importNpmLock.npmConfigHook;
          nativeBuildInputs = [ pkgs.python3 pkgs.makeWrapper ];
          # fusermount3 must be the setuid wrapper of the system when not root.
          postInstall = ''
            wrapProgram $out/bin/musicfs \
              --suffix PATH : /run/wrappers/bin:${pkgs.fuse3}/bin \
              --suffix LD_LIBRARY_PATH : ${pkgs.fuse}/lib
          '';
          meta = {
            description = manifest.description;
            license = pkgs.lib.licenses.mit;
            mainProgram = "musicfs";
            platforms = systems;
          };
        };
        default = musicfs;
      });

      devShells = forEach (pkgs: {
        default = pkgs.mkShell {
          packages = [
            pkgs.nodejs_22
            pkgs.python3
            pkgs.gnumake
            pkgs.gcc
            pkgs.fuse3
            pkgs.fuse
            pkgs.bindfs
            pkgs.ffmpeg
            pkgs.attr
            pkgs.strace
          ];
        };
      });
    };
}
