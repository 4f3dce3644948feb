<?xml version="1.0" encoding="UTF-8"?>
<tileset version="1.10" tiledversion="1.10.2" name="door_across" tilewidth="32" tileheight="16" tilecount="1" columns="1">
 <image source="door_across.png" width="32" height="16"/>
 <tile id="0" type="Door">
 </tile>
</tileset>
