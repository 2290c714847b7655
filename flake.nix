{
  description = "MusicFS: a read-only filesystem that shows a music library by its tags";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" ];
      forEach = build: nixpkgs.lib.genAttrs systems (system: build nixpkgs.legacyPackages.${system});
      manifest = builtins.fromJSON (builtins.readFile ./package.json);
    in
    {
      packages = forEach (pkgs: rec {
        musicfs = pkgs.buildNpmPackage {
          pname = manifest.name;
          version = manifest.version;
          src = self;
          nodejs = pkgs.nodejs_22;
          # Reads the hashes from package-lock.json, so that there is none to keep by hand.
          npmDeps = pkgs.importNpmLock { npmRoot = self; };
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
